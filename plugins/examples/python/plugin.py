"""The example plugin: a check on Dockerfiles, one with a fix, one across files, and two on the host's views."""

import stockade

plugin = stockade.Plugin()


@plugin.check("base-image-untagged")
def base_image_untagged(source, params, out):
    """A base image has neither tag nor digest. `allow`: images that need none."""
    for stage in source.root.children():
        origin = stage.get("FROM") if stage.name == "stage" else None
        image = origin and origin.get("image")
        # `parent` is an earlier stage; an image with a variable in it may have a tag that is not there to be seen.
        if image is None or not image.is_known or any(origin.get(part) for part in ("parent", "tag", "digest")):
            continue
        name = image.value
        if name not in params.strings("allow"):
            message = f"base image {name} has neither tag nor digest"
            out.finding(image.place(), message, key=f"image={name}", data={"image": name})


# Where pods keep their containers, in all kinds of objects.
CONTAINERS = [
    "spec.initContainers[*]",
    "spec.containers[*]",
    "spec.template.spec.initContainers[*]",
    "spec.template.spec.containers[*]",
    "spec.jobTemplate.spec.template.spec.initContainers[*]",
    "spec.jobTemplate.spec.template.spec.containers[*]",
]


@plugin.check("pull-policy")
def pull_policy(source, params, out):
    """A container has another pull policy than `policy`, which is what the fix writes."""
    wanted = params.string("policy")
    containers = (c for child in source.root.children() for path in CONTAINERS for c in child.at(path))
    for container in containers:
        policy = container.get("imagePullPolicy")
        if policy is None or not policy.is_scalar or policy.is_null or not policy.is_known:
            continue
        if policy.value == wanted:
            continue
        named, image = container.get("name"), container.get("image")
        name = named.value if named else "without name"
        out.finding(
            policy.place(),
            f"container {name} has the pull policy {policy.value}, not {wanted}",
            key=f"container={name}",
            data={"policy": policy.value},
            labels=[stockade.label(image.place(), "this image")] if image else [],
            fixes=[stockade.fix(f"pull with the policy {wanted}", stockade.replace_value(policy, wanted))],
        )


@plugin.facts
def services(source, out):
    """Records the Services that a manifest declares, as `namespace/name`."""
    for manifest in source.root.children():
        kind, name = manifest.get("kind"), manifest.find("metadata.name")
        namespace = manifest.find("metadata.namespace")
        if kind is None or kind.value != "Service" or name is None or not name.is_known:
            continue
        if namespace is None or namespace.is_known:
            out.fact("service", f"{namespace.value if namespace else 'default'}/{name.value}", name.span)


@plugin.project_check("service-twice")
def service_twice(files, params, out):
    """Two manifests declare the same Service."""
    first = {}
    for index, file in enumerate(files):
        for fact in file.facts:
            if fact.key != "service":
                continue
            path, span = first.setdefault(fact.value, (file.path, fact.span))
            if (path, span) == (file.path, fact.span):
                continue
            out.finding(
                fact.span,
                f"service {fact.value} is declared in {path} as well",
                file=index,
                key=f"service={fact.value}",
                data={"service": fact.value, "first": path},
                labels=[stockade.label(span, "declared here first", path)] if span else [],
            )


@plugin.check("timeout-long")
def timeout_long(source, params, out):
    """A time among `setting` is longer than `most` milliseconds, however it is written."""
    most, names = int(params.string("most")), params.strings("setting")
    for setting in source.settings():
        if setting.kind != stockade.VALUE_DURATION or not setting.is_value:
            continue
        if setting.number > most and setting.name in names:
            out.finding(
                setting.place(),
                f"{setting.written} waits {setting.number} ms, more than {most}",
                key=f"setting={setting.name}",
                data={"value": setting.value},
            )


@plugin.check("variable-set")
def variable_set(source, params, out):
    """One of `variable` is set to a value."""
    names = params.strings("variable")
    for variable in source.variables():
        elsewhere = variable.flags & (stockade.ROW_INHERITED | stockade.ROW_SECRET_REFERENCE)
        if not elsewhere and variable.value and variable.name in names:
            out.finding(
                variable.place(),
                f"variable {variable.name} is set to {variable.value}",
                key=f"variable={variable.name}",
                data={"origin": str(variable.origin)},
            )


Rules = plugin.rules()
