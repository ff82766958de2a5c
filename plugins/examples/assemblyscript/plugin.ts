// The example plugin: a check on Dockerfiles, one with a fix, one across files, and two on the host's views.
import {
  FileFacts, Node, Out, Params, RowFlag, SAFE, Source, Span, Value, facts, fileCheck, projectCheck,
} from "../../sdk/assemblyscript/stockade";
export {
  realloc, configure, configured, check, checked, checkProject, checkedProject,
} from "../../sdk/assemblyscript/stockade";

/** A base image has neither tag nor digest. `allow`: images that need none. */
function baseImageUntagged(source: Source, params: Params, out: Out): void {
  const allowed = params.strings("allow");
  for (let stage = source.root.first; stage.exists; stage = stage.next) {
    if (stage.name != "stage") continue;
    const from = stage.get("FROM");
    const image = from.get("image");
    // `parent` is an earlier stage; an image with a variable in it may have a tag that is not there to be seen.
    if (from.get("parent").exists || from.get("tag").exists || from.get("digest").exists) continue;
    if (!image.exists || !image.isKnown || allowed.includes(image.value)) continue;
    out.report(image.place, `base image ${image.value} has neither tag nor digest`)
      .key(`image=${image.value}`)
      .data("image", image.value);
  }
}

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
function pullPolicy(source: Source, params: Params, out: Out): void {
  const wanted = params.string("policy");
  for (let object = source.root.first; object.exists; object = object.next) {
    for (let i = 0; i < CONTAINERS.length; i++) {
      const containers = object.at(CONTAINERS[i]);
      for (let j = 0; j < containers.length; j++) containerPullPolicy(containers[j], wanted, out);
    }
  }
}

function containerPullPolicy(container: Node, wanted: string, out: Out): void {
  const policy = container.get("imagePullPolicy");
  if (!policy.isScalar || policy.isNull || !policy.isKnown || policy.value == wanted) return;
  const named = container.get("name");
  const image = container.get("image");
  const name = named.exists ? named.value : "without name";
  const finding = out.report(policy.place, `container ${name} has the pull policy ${policy.value}, not ${wanted}`)
    .key(`container=${name}`)
    .data("policy", policy.value)
    .replacement(SAFE, `pull with the policy ${wanted}`, policy, wanted);
  if (image.exists) finding.label(image.place.span, "this image");
}

/** Records the Services that a manifest declares, as `namespace/name`. */
function services(source: Source, out: Out): void {
  for (let object = source.root.first; object.exists; object = object.next) {
    const name = object.find("metadata.name");
    const namespace = object.find("metadata.namespace");
    if (object.get("kind").value != "Service" || !name.exists || !name.isKnown || !namespace.isKnown) continue;
    const space = namespace.exists ? namespace.value : "default";
    out.fact("service", `${space}/${name.value}`, name.span);
  }
}

class Declared {
  constructor(public path: string, public span: Span | null) {}
}

/** Two manifests declare the same Service. */
function serviceTwice(files: FileFacts[], params: Params, out: Out): void {
  const seen = new Map<string, Declared>();
  for (let i = 0; i < files.length; i++) {
    const facts = files[i].facts;
    for (let j = 0; j < facts.length; j++) {
      const service = facts[j].value;
      if (facts[j].key != "service") continue;
      if (!seen.has(service)) {
        seen.set(service, new Declared(files[i].path, facts[j].span));
        continue;
      }
      const first = seen.get(service);
      const span = first.span;
      const finding = out.reportIn(i, facts[j].span, `service ${service} is declared in ${first.path} as well`)
        .key(`service=${service}`)
        .data("service", service)
        .data("first", first.path);
      if (span) finding.label(span, "declared here first", first.path);
    }
  }
}

/** A time among `setting` is longer than `most` milliseconds, however it is written. */
function timeoutLong(source: Source, params: Params, out: Out): void {
  const most = I64.parseInt(params.string("most"));
  const names = params.strings("setting");
  for (let i: u32 = 0; i < source.settingCount; i++) {
    const setting = source.setting(i);
    if (setting.kind != Value.duration || !setting.isValue) continue;
    if (setting.number <= most || !names.includes(setting.name)) continue;
    out.report(setting.place, `${setting.written} waits ${setting.number} ms, more than ${most}`)
      .key(`setting=${setting.name}`)
      .data("value", setting.value);
  }
}

/** One of `variable` is set to a value. */
function variableSet(source: Source, params: Params, out: Out): void {
  const names = params.strings("variable");
  for (let i: u32 = 0; i < source.variableCount; i++) {
    const variable = source.variable(i);
    if (variable.has(RowFlag.inherited | RowFlag.secretReference)) continue;
    if (!variable.value.length || !names.includes(variable.name)) continue;
    out.report(variable.place, `variable ${variable.name} is set to ${variable.value}`)
      .key(`variable=${variable.name}`)
      .data("origin", variable.origin.toString());
  }
}

fileCheck("base-image-untagged", baseImageUntagged);
fileCheck("pull-policy", pullPolicy);
fileCheck("timeout-long", timeoutLong);
fileCheck("variable-set", variableSet);
projectCheck("service-twice", serviceTwice);
facts(services);
