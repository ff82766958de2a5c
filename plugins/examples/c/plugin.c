// The example plugin: a check on Dockerfiles, one with a fix, one across files, and two on the host's views.
#include "stockade.h"

/// A base image has neither tag nor digest. `allow`: images that need none.
static void base_image_untagged(const sk_source *source, const sk_params *params, sk_out *out) {
    for (sk_node stage = sk_first(sk_root(source)); sk_is(stage); stage = sk_next(stage)) {
        if (!sk_equals(sk_name(stage), "stage")) continue;
        sk_node from = sk_get(stage, "FROM"), image = sk_get(from, "image");
        // `parent` is an earlier stage; an image with a variable in it may have a tag that is not there to be seen.
        bool named = sk_is(sk_get(from, "parent")) || sk_is(sk_get(from, "tag")) || sk_is(sk_get(from, "digest"));
        if (!sk_is(image) || named || !sk_is_known(image)) continue;
        sk_text name = sk_value(image), allowed;
        bool allow = false;
        for (size_t i = 0; sk_argument(params, "allow", i, &allowed); i++) allow |= sk_same(allowed, name);
        if (allow) continue;
        sk_finding *finding = sk_report(out, sk_place_of(image),
                                        sk_join(SK("base image "), name, SK(" has neither tag nor digest")));
        sk_set_key(finding, sk_join(SK("image="), name));
        sk_add_data(finding, SK("image"), name);
    }
}

/// Where pods keep their containers, in all kinds of objects.
static const char *const CONTAINERS[] = {
    "spec.initContainers[*]",
    "spec.containers[*]",
    "spec.template.spec.initContainers[*]",
    "spec.template.spec.containers[*]",
    "spec.jobTemplate.spec.template.spec.initContainers[*]",
    "spec.jobTemplate.spec.template.spec.containers[*]",
};

static void container_pull_policy(sk_node container, sk_text wanted, sk_out *out) {
    sk_node policy = sk_get(container, "imagePullPolicy"), image = sk_get(container, "image");
    if (!sk_is_scalar(policy) || sk_is_null(policy) || !sk_is_known(policy)) return;
    sk_text value = sk_value(policy);
    if (sk_same(value, wanted)) return;
    sk_node named = sk_get(container, "name");
    sk_text name = sk_is(named) ? sk_value(named) : SK("without name");
    sk_finding *finding = sk_report(out, sk_place_of(policy),
                                    sk_join(SK("container "), name, SK(" has the pull policy "), value,
                                            SK(", not "), wanted));
    sk_set_key(finding, sk_join(SK("container="), name));
    sk_add_data(finding, SK("policy"), value);
    sk_add_replacement(finding, SK_SAFE, sk_join(SK("pull with the policy "), wanted), policy, wanted);
    if (sk_is(image)) sk_add_label(finding, sk_place_of(image), SK("this image"));
}

/// A container has another pull policy than `policy`, which is what the fix writes.
static void pull_policy(const sk_source *source, const sk_params *params, sk_out *out) {
    sk_text wanted = SK("");
    sk_argument(params, "policy", 0, &wanted);
    for (sk_node object = sk_first(sk_root(source)); sk_is(object); object = sk_next(object)) {
        for (size_t i = 0; i < sizeof CONTAINERS / sizeof *CONTAINERS; i++) {
            sk_nodes containers = sk_at(object, CONTAINERS[i]);
            for (size_t j = 0; j < containers.count; j++) container_pull_policy(containers.items[j], wanted, out);
        }
    }
}

/// Records the Services that a manifest declares, as `namespace/name`.
void sk_facts(const sk_source *source, sk_out *out) {
    for (sk_node object = sk_first(sk_root(source)); sk_is(object); object = sk_next(object)) {
        sk_node name = sk_find(object, "metadata.name"), namespace = sk_find(object, "metadata.namespace");
        if (!sk_equals(sk_value(sk_get(object, "kind")), "Service")) continue;
        if (!sk_is(name) || !sk_is_known(name) || !sk_is_known(namespace)) continue;
        sk_text space = sk_is(namespace) ? sk_value(namespace) : SK("default");
        sk_add_fact(out, SK("service"), sk_join(space, SK("/"), sk_value(name)),
                    (sk_maybe_span){ true, sk_value_span(name) });
    }
}

/// Two manifests declare the same Service.
static void service_twice(const sk_files *files, const sk_params *params, sk_out *out) {
    (void)params;
    typedef struct { sk_text path; const sk_fact *fact; } declared;
    size_t count = 0, known = 0;
    for (size_t i = 0; i < files->count; i++) count += files->items[i].facts.count;
    declared *seen = sk_alloc(count * sizeof *seen);
    for (size_t i = 0; i < files->count; i++) {
        const sk_file_facts *file = &files->items[i];
        for (size_t j = 0; j < file->facts.count; j++) {
            const sk_fact *fact = &file->facts.items[j];
            const declared *first = NULL;
            for (size_t k = 0; k < known && !first; k++)
                if (sk_same(seen[k].fact->value, fact->value)) first = &seen[k];
            if (!first) {
                seen[known++] = (declared){ file->path, fact };
                continue;
            }
            sk_finding *finding = sk_report_in(out, i, fact->span,
                                               sk_join(SK("service "), fact->value, SK(" is declared in "),
                                                       first->path, SK(" as well")));
            sk_set_key(finding, sk_join(SK("service="), fact->value));
            sk_add_data(finding, SK("service"), fact->value);
            sk_add_data(finding, SK("first"), first->path);
            if (first->fact->span.some)
                sk_add_label_in(finding, first->path, first->fact->span.value, SK("declared here first"));
        }
    }
}

static bool is_among(const sk_params *params, const char *param, sk_text name) {
    sk_text argument;
    for (size_t i = 0; sk_argument(params, param, i, &argument); i++)
        if (sk_same(argument, name)) return true;
    return false;
}

/// A time among `setting` is longer than `most` milliseconds, however it is written.
static void timeout_long(const sk_source *source, const sk_params *params, sk_out *out) {
    sk_text most_text = SK("");
    int64_t most = INT64_MAX;
    if (sk_argument(params, "most", 0, &most_text)) sk_number(most_text, &most);
    sk_setting setting;
    for (size_t at = 0; sk_next_setting(source, &at, &setting);) {
        sk_text name = sk_setting_name(setting);
        if (sk_setting_kind(setting) != SK_VALUE_DURATION || !sk_setting_is_value(setting)) continue;
        if (sk_setting_number(setting) <= most || !is_among(params, "setting", name)) continue;
        sk_finding *finding = sk_report(out, sk_setting_place(setting),
                                        sk_join(sk_setting_written(setting), SK(" waits "),
                                                sk_decimal(sk_setting_number(setting)), SK(" ms, more than "),
                                                sk_decimal(most)));
        sk_set_key(finding, sk_join(SK("setting="), name));
        sk_add_data(finding, SK("value"), sk_setting_value(setting));
    }
}

/// One of `variable` is set to a value.
static void variable_set(const sk_source *source, const sk_params *params, sk_out *out) {
    sk_variable variable;
    for (size_t at = 0; sk_next_variable(source, &at, &variable);) {
        sk_text name = sk_variable_name(variable), value = sk_variable_value(variable);
        if (sk_variable_flags(variable) & (SK_ROW_INHERITED | SK_ROW_SECRET_REFERENCE)) continue;
        if (!value.length || !is_among(params, "variable", name)) continue;
        sk_finding *finding = sk_report(out, sk_variable_place(variable),
                                        sk_join(SK("variable "), name, SK(" is set to "), value));
        sk_set_key(finding, sk_join(SK("variable="), name));
        sk_add_data(finding, SK("origin"), sk_decimal(sk_variable_origin(variable)));
    }
}

const sk_check sk_checks[] = {
    { .name = "base-image-untagged", .file = base_image_untagged },
    { .name = "pull-policy", .file = pull_policy },
    { .name = "service-twice", .project = service_twice },
    { .name = "timeout-long", .file = timeout_long },
    { .name = "variable-set", .file = variable_set },
    { 0 },
};
