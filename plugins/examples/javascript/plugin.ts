// The example plugin: a check on Dockerfiles, one with a fix, one across files, and two on the host's views.
import {
  RowFlag, Value, fix, plugin, replaceValue, type FileCheck, type ProjectCheck, type Source, type Out,
} from "../../sdk/javascript/stockade.ts";

/** A base image has neither tag nor digest. `allow`: images that need none. */
const baseImageUntagged: FileCheck = (source, params, out) => {
  for (const stage of source.root.children()) {
    const from = stage.name === "stage" ? stage.get("FROM") : undefined;
    const image = from?.get("image");
    // `parent` is an earlier stage; an image with a variable in it may have a tag that is not there to be seen.
    if (!from || !image?.isKnown || ["parent", "tag", "digest"].some((part) => from.get(part))) continue;
    const name = image.value;
    if (params.strings("allow").includes(name)) continue;
    out.finding(image.place, `base image ${name} has neither tag nor digest`, {
      key: `image=${name}`,
      data: { image: name },
    });
  }
};

/** Where pods keep their containers, in all kinds of objects. */
const CONTAINERS = [
  "spec.initContainers[*]",
  "spec.containers[*]",
  "spec.template.spec.initContainers[*]",
  "spec.template.spec.containers[*]",
  "spec.jobTemplate.spec.template.spec.initContainers[*]",
  "spec.jobTemplate.spec.template.spec.containers[*]",
];

/** A container has another pull policy than `policy`, which is what the fix writes. */
const pullPolicy: FileCheck = (source, params, out) => {
  const wanted = params.string("policy") ?? "";
  const objects = [...source.root.children()];
  for (const container of objects.flatMap((object) => CONTAINERS.flatMap((path) => object.at(path)))) {
    const policy = container.get("imagePullPolicy");
    if (!policy?.isScalar || policy.isNull || !policy.isKnown || policy.value === wanted) continue;
    const name = container.get("name")?.value ?? "without name";
    const image = container.get("image");
    out.finding(policy.place, `container ${name} has the pull policy ${policy.value}, not ${wanted}`, {
      key: `container=${name}`,
      data: { policy: policy.value },
      labels: image ? [{ span: image.place.span, message: "this image" }] : [],
      fixes: [fix(`pull with the policy ${wanted}`, [replaceValue(policy, wanted)])],
    });
  }
};

/** Records the Services that a manifest declares, as `namespace/name`. */
function facts(source: Source, out: Out): void {
  for (const object of source.root.children()) {
    const name = object.find("metadata.name");
    const namespace = object.find("metadata.namespace");
    if (object.get("kind")?.value !== "Service" || !name?.isKnown) continue;
    if (namespace && !namespace.isKnown) continue;
    out.fact("service", `${namespace?.value ?? "default"}/${name.value}`, name.span);
  }
}

/** Two manifests declare the same Service. */
const serviceTwice: ProjectCheck = (files, _params, out) => {
  const seen = new Map<string, { path: string; span?: { start: number; end: number } }>();
  files.forEach(({ path, facts }, file) => {
    for (const { value, span } of facts.filter((fact) => fact.key === "service")) {
      const first = seen.get(value);
      if (!first) {
        seen.set(value, { path, span });
        continue;
      }
      out.finding({ span: span ?? { start: 0, end: 0 } }, `service ${value} is declared in ${first.path} as well`, {
        file,
        key: `service=${value}`,
        data: { service: value, first: first.path },
        labels: first.span ? [{ path: first.path, span: first.span, message: "declared here first" }] : [],
      });
    }
  });
};

/** A time among `setting` is longer than `most` milliseconds, however it is written. */
const timeoutLong: FileCheck = (source, params, out) => {
  const most = Number(params.string("most"));
  const names = params.strings("setting");
  for (const setting of source.settings()) {
    if (setting.kind !== Value.duration || !setting.isValue) continue;
    if (setting.number <= most || !names.includes(setting.name)) continue;
    out.finding(setting.place, `${setting.written} waits ${setting.number} ms, more than ${most}`, {
      key: `setting=${setting.name}`,
      data: { value: setting.value },
    });
  }
};

/** One of `variable` is set to a value. */
const variableSet: FileCheck = (source, params, out) => {
  const names = params.strings("variable");
  for (const variable of source.variables()) {
    if (variable.flags & (RowFlag.inherited | RowFlag.secretReference)) continue;
    if (!variable.value || !names.includes(variable.name)) continue;
    out.finding(variable.place, `variable ${variable.name} is set to ${variable.value}`, {
      key: `variable=${variable.name}`,
      data: { origin: String(variable.origin) },
    });
  }
};

export const rules = plugin({
  checks: {
    "base-image-untagged": baseImageUntagged,
    "pull-policy": pullPolicy,
    "timeout-long": timeoutLong,
    "variable-set": variableSet,
  },
  projectChecks: { "service-twice": serviceTwice },
  facts,
});
