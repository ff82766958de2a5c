// The checks of {{name}}.
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
    }
}

const sk_check sk_checks[] = {
    { .name = "base-image-untagged", .file = base_image_untagged },
    { 0 },
};

// For checks over all files: what such a check needs to know of this one.
void sk_facts(const sk_source *source, sk_out *out) {
    (void)source;
    (void)out;
}
