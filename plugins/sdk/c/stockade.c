// See `stockade.h`. Memory first, then nodes, findings, and the exported functions.
#include "stockade.h"
#include <stdlib.h>
#include <string.h>

// --- memory: blocks that are given back when the call has been answered -------------------------------------------

enum { BLOCK_BYTES = 64 << 10 };

typedef struct block { struct block *older; size_t size, used; } block;

static block *blocks;   // the newest first
static block *lasting;  // this and older ones hold what `configure` was given

static void *take(size_t bytes, size_t align) {
    size_t at = blocks ? (blocks->used + align - 1) & ~(align - 1) : 0;
    if (!blocks || at > blocks->size || bytes > blocks->size - at) {
        size_t size = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES;
        block *fresh = malloc(sizeof(block) + 8 + size);
        if (!fresh) __builtin_trap();
        *fresh = (block){ blocks, size, 0 };
        blocks = fresh;
        at = 0;
    }
    blocks->used = at + bytes;
    // Behind the head, which has 12 bytes, 8 is the largest alignment that any type of the contract asks for.
    return (char *)blocks + 16 + at;
}

static void release(void) {
    while (blocks != lasting) {
        block *older = blocks->older;
        free(blocks);
        blocks = older;
    }
}

void *sk_alloc(size_t bytes) {
    return memset(take(bytes, 8), 0, bytes);
}

__attribute__((export_name("cabi_realloc")))
void *sk_realloc(void *old, size_t old_bytes, size_t align, size_t bytes) {
    void *fresh = take(bytes, align);
    if (old_bytes) memcpy(fresh, old, old_bytes < bytes ? old_bytes : bytes);
    return fresh;
}

/// Room for one more item at the end of a list, zeroed. Lists double: those with a power of two of items are full.
static void *push(void *list, size_t item_bytes) {
    SK_LIST(char) *raw = list;
    size_t count = raw->count;
    if ((count & (count - 1)) == 0) {
        char *larger = take((count ? count * 2 : 1) * item_bytes, 8);
        if (count) memcpy(larger, raw->items, count * item_bytes);
        raw->items = larger;
    }
    raw->count = count + 1;
    return memset(raw->items + count * item_bytes, 0, item_bytes);
}

// --- text ---------------------------------------------------------------------------------------------------

sk_text sk_join_all(const sk_text *parts, size_t count) {
    size_t length = 0, at = 0;
    for (size_t i = 0; i < count; i++) length += parts[i].length;
    char *bytes = take(length, 1);
    for (size_t i = 0; i < count; i++) {
        if (parts[i].length) memcpy(bytes + at, parts[i].bytes, parts[i].length);
        at += parts[i].length;
    }
    return (sk_text){ bytes, length };
}

bool sk_same(sk_text a, sk_text b) {
    return a.length == b.length && (a.length == 0 || memcmp(a.bytes, b.bytes, a.length) == 0);
}

bool sk_equals(sk_text text, const char *other) {
    return sk_same(text, (sk_text){ other, strlen(other) });
}

sk_text sk_decimal(int64_t number) {
    char digits[20];
    size_t at = sizeof digits;
    uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    do digits[--at] = (char)('0' + rest % 10); while (rest /= 10);
    if (number < 0) digits[--at] = '-';
    return sk_join((sk_text){ digits + at, sizeof digits - at });
}

bool sk_number(sk_text text, int64_t *number) {
    bool negative = text.length > 0 && text.bytes[0] == '-';
    uint64_t value = 0, most = (uint64_t)INT64_MAX + negative;
    if (text.length == (size_t)negative) return false;
    for (size_t i = negative; i < text.length; i++) {
        unsigned digit = (unsigned char)text.bytes[i] - '0';
        if (digit > 9 || value > (most - digit) / 10) return false;
        value = value * 10 + digit;
    }
    *number = (int64_t)(negative ? 0 - value : value);
    return true;
}

static sk_text cut(sk_text text, uint32_t start, uint32_t end) {
    if (start > end || end > text.length) return (sk_text){ "", 0 };
    return (sk_text){ text.bytes + start, end - start };
}

sk_text sk_slice(const sk_source *source, sk_span span) {
    return cut((sk_text){ source->data.bytes, source->text_length }, span.start, span.end);
}

// --- nodes --------------------------------------------------------------------------------------------------

static uint32_t cell(sk_node node, uint32_t column) {
    const sk_table *table = &node.source->nodes;
    size_t at = (size_t)node.row * table->stride + column;
    return node.row != SK_NONE && at < table->cells.count ? table->cells.items[at] : SK_NONE;
}

static sk_node link(sk_node node, uint32_t column) { return (sk_node){ node.source, cell(node, column) }; }

sk_node sk_root(const sk_source *source) { return (sk_node){ source, source->nodes.cells.count ? 0 : SK_NONE }; }
bool sk_is(sk_node node) { return cell(node, 0) != SK_NONE; }
int sk_kind(sk_node node) { return sk_is(node) ? (int)(cell(node, 0) & 0xff) : -1; }
int sk_type(sk_node node) { return cell(node, 0) >> 8 & 0xff; }
int sk_flags(sk_node node) { return sk_is(node) ? (int)(cell(node, 0) >> 24) : 0; }
sk_node sk_parent(sk_node node) { return link(node, 1); }
sk_node sk_next(sk_node node) { return link(node, 2); }
sk_node sk_first(sk_node node) { return link(sk_resolve(node), 3); }

sk_node sk_resolve(sk_node node) {
    for (int i = 0; i < 16; i++) {
        sk_node target = link(node, 12);
        bool points = sk_kind(node) == SK_ALIAS || sk_kind(node) == SK_MERGE;
        if (!points || !sk_is(target)) break;
        node = target;
    }
    return node;
}

static sk_node get(sk_node node, sk_text key, int depth) {
    sk_node found = { node.source, SK_NONE }, merged = found;
    for (sk_node child = sk_first(node); sk_is(child); child = sk_next(child)) {
        if (sk_kind(child) != SK_MERGE || depth >= 8) {
            if (sk_same(sk_name(child), key)) found = child;
        } else if (!sk_is(merged)) {
            sk_node target = sk_resolve(child);
            if (sk_kind(target) == SK_SEQUENCE || sk_kind(target) == SK_MERGE) {
                for (sk_node each = sk_first(target); sk_is(each) && !sk_is(merged); each = sk_next(each))
                    merged = get(each, key, depth + 1);
            } else {
                merged = get(target, key, depth + 1);
            }
        }
    }
    return sk_is(found) ? found : merged;
}

sk_node sk_get(sk_node node, const char *key) { return get(node, (sk_text){ key, strlen(key) }, 0); }

sk_nodes sk_at(sk_node node, const char *path) {
    sk_nodes nodes = { 0 };
    *(sk_node *)push(&nodes, sizeof node) = node;
    while (*path) {
        size_t length = strcspn(path, "."), key = length;
        bool every = length >= 3 && memcmp(path + length - 3, "[*]", 3) == 0;
        if (every) key -= 3;
        sk_nodes next = { 0 };
        for (size_t i = 0; i < nodes.count; i++) {
            sk_node found = key ? get(nodes.items[i], (sk_text){ path, key }, 0) : nodes.items[i];
            sk_node child = every ? sk_first(found) : found;
            for (; sk_is(child); child = sk_next(child)) {
                *(sk_node *)push(&next, sizeof child) = child;
                if (!every) break;
            }
        }
        nodes = next;
        path += length + (path[length] == '.');
    }
    return nodes;
}

sk_node sk_find(sk_node node, const char *path) {
    sk_nodes nodes = sk_at(node, path);
    return nodes.count ? nodes.items[0] : (sk_node){ node.source, SK_NONE };
}

sk_text sk_name(sk_node node) { return cut(node.source->data, cell(node, 10), cell(node, 11)); }

sk_text sk_value(sk_node node) {
    node = sk_resolve(node);
    return cut(node.source->data, cell(node, 8), cell(node, 9));
}

bool sk_is_scalar(sk_node node) { return sk_kind(sk_resolve(node)) == SK_SCALAR; }

bool sk_is_null(sk_node node) {
    node = sk_resolve(node);
    return sk_kind(node) == SK_SCALAR && sk_type(node) == SK_NULL && !(sk_flags(node) & SK_UNKNOWN);
}

bool sk_is_known(sk_node node) { return !(sk_flags(sk_resolve(node)) & (SK_UNKNOWN | SK_PARTIAL)); }

sk_span sk_value_span(sk_node node) { return (sk_span){ cell(node, 4), cell(node, 5) }; }

static sk_span key_span(sk_node node) { return (sk_span){ cell(node, 6), cell(node, 7) }; }

static sk_place at_span(sk_node node, sk_span span) {
    sk_text text = sk_slice(node.source, span);
    const char *line_end = text.length ? memchr(text.bytes, '\n', text.length) : NULL;
    if (line_end) {
        span.end = span.start + (uint32_t)(line_end - text.bytes);
        while (span.end > span.start && text.bytes[span.end - span.start - 1] == '\r') span.end--;
    }
    return (sk_place){ span, { true, node.row } };
}

sk_place sk_place_of(sk_node node) {
    sk_span span = sk_value_span(node), key = key_span(node);
    bool collection = sk_kind(node) == SK_MAPPING || sk_kind(node) == SK_SEQUENCE;
    bool flow = (cell(node, 0) >> 16 & 0xff) == 5;
    if ((collection || span.start == span.end) && key.start < key.end) span = key;
    else if (collection && !flow && sk_is(sk_first(node))) span = sk_place_of(sk_first(node)).span;
    return at_span(node, span);
}

sk_place sk_key_place(sk_node node) {
    sk_span key = key_span(node);
    return key.start < key.end ? at_span(node, key) : sk_place_of(node);
}

static const sk_table *table(const sk_source *source, const char *name, uint32_t columns) {
    for (size_t i = 0; i < source->tables.count; i++) {
        const sk_table *table = &source->tables.items[i];
        if (sk_equals(table->name, name) && table->stride >= columns) return table;
    }
    return NULL;
}

bool sk_comment(const sk_source *source, size_t *at, sk_span *span, sk_node *about) {
    const sk_table *comments = table(source, "comments", 3);
    if (!comments || (*at + 1) * comments->stride > comments->cells.count) return false;
    const uint32_t *row = comments->cells.items + *at * comments->stride;
    *span = (sk_span){ row[0], row[1] };
    *about = (sk_node){ source, row[2] };
    *at += 1;
    return true;
}

// --- views --------------------------------------------------------------------------------------------------

enum { SETTING_CELLS = 14, VARIABLE_CELLS = 11 };

static const uint32_t *row_of(const sk_source *source, const char *name, uint32_t columns, size_t *at) {
    const sk_table *rows = table(source, name, columns);
    if (!rows || *at >= rows->cells.count / rows->stride) return NULL;
    return rows->cells.items + (*at)++ * rows->stride;
}

bool sk_next_setting(const sk_source *source, size_t *at, sk_setting *setting) {
    *setting = (sk_setting){ source, row_of(source, "settings", SETTING_CELLS, at) };
    return setting->row;
}

bool sk_next_variable(const sk_source *source, size_t *at, sk_variable *variable) {
    *variable = (sk_variable){ source, row_of(source, "environment", VARIABLE_CELLS, at) };
    return variable->row;
}

/// `wanted`, or `other` where that is empty or runs over lines.
static sk_place place_in(const sk_source *source, uint32_t node, sk_span other, sk_span wanted) {
    sk_text a = sk_slice(source, wanted), b = sk_slice(source, other);
    bool fits = a.length && !memchr(a.bytes, '\n', a.length);
    bool other_fits = b.length && !memchr(b.bytes, '\n', b.length);
    return (sk_place){ fits || !other_fits ? wanted : other, { true, node } };
}

sk_text sk_setting_name(sk_setting setting) { return cut(setting.source->data, setting.row[1], setting.row[2]); }
sk_text sk_setting_value(sk_setting setting) { return cut(setting.source->data, setting.row[7], setting.row[8]); }
int sk_setting_kind(sk_setting setting) { return setting.row[3] <= SK_VALUE_EMPTY ? (int)setting.row[3] : 0; }
int64_t sk_setting_number(sk_setting setting) {
    return (int64_t)((uint64_t)setting.row[4] | (uint64_t)setting.row[5] << 32);
}
uint32_t sk_setting_flags(sk_setting setting) { return setting.row[6]; }
uint32_t sk_setting_depth(sk_setting setting) { return setting.row[13]; }
sk_node sk_setting_node(sk_setting setting) { return (sk_node){ setting.source, setting.row[0] }; }
sk_span sk_setting_key_span(sk_setting setting) { return (sk_span){ setting.row[9], setting.row[10] }; }
sk_span sk_setting_value_span(sk_setting setting) { return (sk_span){ setting.row[11], setting.row[12] }; }

sk_place sk_setting_place(sk_setting setting) {
    return place_in(setting.source, setting.row[0], sk_setting_key_span(setting), sk_setting_value_span(setting));
}

sk_place sk_setting_key_place(sk_setting setting) {
    return place_in(setting.source, setting.row[0], sk_setting_value_span(setting), sk_setting_key_span(setting));
}

bool sk_setting_is_value(sk_setting setting) {
    uint32_t flags = sk_setting_flags(setting);
    int kind = sk_setting_kind(setting);
    return kind != SK_VALUE_TEMPLATE && kind != SK_VALUE_REFERENCE
        && !(flags & (SK_ROW_INHERITED | SK_ROW_SECRET_REFERENCE))
        && (!(flags & SK_ROW_UNKNOWN) || flags & SK_ROW_DEFAULT);
}

sk_text sk_setting_written(sk_setting setting) {
    enum { MOST = 12 };
    sk_text own = sk_slice(setting.source, sk_setting_key_span(setting)), names[MOST], whole = SK("");
    while (own.length && (own.bytes[0] == '"' || own.bytes[0] == '\'')) own.bytes++, own.length--;
    while (own.length && (own.bytes[own.length - 1] == '"' || own.bytes[own.length - 1] == '\'')) own.length--;
    if (sk_setting_flags(setting) & SK_ROW_VARIABLE && own.length) return own;
    if (sk_setting_flags(setting) & SK_ROW_PART) return sk_setting_name(setting);
    size_t count = 0;
    for (sk_node node = sk_setting_node(setting); sk_is(node) && count < MOST; node = sk_parent(node))
        if (sk_name(node).length) names[count++] = sk_name(node);
    if (!count) return sk_setting_name(setting);
    while (count--) whole = whole.length ? sk_join(whole, SK("."), names[count]) : names[count];
    return whole;
}

sk_text sk_variable_name(sk_variable variable) { return cut(variable.source->data, variable.row[1], variable.row[2]); }
sk_text sk_variable_value(sk_variable variable) { return cut(variable.source->data, variable.row[3], variable.row[4]); }
uint32_t sk_variable_origin(sk_variable variable) { return variable.row[5]; }
uint32_t sk_variable_flags(sk_variable variable) { return variable.row[6]; }
sk_node sk_variable_node(sk_variable variable) { return (sk_node){ variable.source, variable.row[0] }; }
sk_span sk_variable_name_span(sk_variable variable) { return (sk_span){ variable.row[7], variable.row[8] }; }
sk_span sk_variable_value_span(sk_variable variable) { return (sk_span){ variable.row[9], variable.row[10] }; }

sk_place sk_variable_place(sk_variable variable) {
    return place_in(variable.source, variable.row[0], sk_variable_name_span(variable), sk_variable_value_span(variable));
}

// --- parameters and findings --------------------------------------------------------------------------------

bool sk_argument(const sk_params *params, const char *name, size_t index, sk_text *argument) {
    for (size_t i = 0; i < params->count; i++) {
        const sk_param *param = &params->items[i];
        if (param->depth != 0 || !sk_equals(param->name, name)) continue;
        if (index < param->args.count) return *argument = param->args.items[index], true;
        index -= param->args.count;
    }
    return false;
}

static sk_finding *add(sk_out *out, size_t file, sk_maybe_span span, sk_maybe_node node, sk_text message) {
    sk_finding *finding = push(&out->findings, sizeof *finding);
    finding->rule = out->rule;
    finding->file = (uint32_t)file;
    finding->span = span;
    finding->node = node;
    finding->message = message;
    return finding;
}

sk_finding *sk_report(sk_out *out, sk_place place, sk_text message) {
    return add(out, 0, (sk_maybe_span){ true, place.span }, place.node, message);
}

sk_finding *sk_report_in(sk_out *out, size_t file, sk_maybe_span span, sk_text message) {
    if (!span.some) span = (sk_maybe_span){ true, { 0, 0 } };
    return add(out, file, span, (sk_maybe_node){ 0 }, message);
}

void sk_set_key(sk_finding *finding, sk_text key) { finding->key = (sk_maybe_text){ true, key }; }
void sk_set_help(sk_finding *finding, sk_text help) { finding->help = (sk_maybe_text){ true, help }; }

void sk_add_data(sk_finding *finding, sk_text name, sk_text value) {
    *(sk_pair *)push(&finding->data, sizeof(sk_pair)) = (sk_pair){ name, value };
}

void sk_add_label(sk_finding *finding, sk_place place, sk_text message) {
    *(sk_label *)push(&finding->labels, sizeof(sk_label)) = (sk_label){ { 0 }, place.span, message };
}

void sk_add_label_in(sk_finding *finding, sk_text path, sk_span span, sk_text message) {
    *(sk_label *)push(&finding->labels, sizeof(sk_label)) = (sk_label){ { true, path }, span, message };
}

void sk_add_fix(sk_finding *finding, sk_applicability when, sk_text title, const sk_edit *edits, size_t count) {
    sk_fix *fix = push(&finding->fixes, sizeof *fix);
    fix->title = title;
    fix->applicability = (uint8_t)when;
    for (size_t i = 0; i < count; i++) *(sk_edit *)push(&fix->edits, sizeof *edits) = edits[i];
}

void sk_add_replacement(sk_finding *finding, sk_applicability when, sk_text title, sk_node node, sk_text value) {
    sk_add_fix(finding, when, title, &(sk_edit){ sk_value_span(node), value }, 1);
}

void sk_add_fact(sk_out *out, sk_text key, sk_text value, sk_maybe_span span) {
    *(sk_fact *)push(&out->facts, sizeof(sk_fact)) = (sk_fact){ key, value, span };
}

// --- the exported functions: interface `rules` of `stockade:plugin@0.1.0` -----------------------------------------

typedef struct { uint8_t is_error; SK_LIST(sk_finding) findings; SK_LIST(sk_fact) facts; } report_result;
typedef struct { uint8_t is_error; sk_text error; } unit_result;
typedef struct { uint8_t is_error; SK_LIST(sk_finding) findings; } findings_result;

static SK_LIST(sk_rule) rules;

// For plugins without checks over all files.
__attribute__((weak)) void sk_facts(const sk_source *source, sk_out *out) { (void)source, (void)out; }

static const sk_check *check_of(const sk_rule *rule) {
    for (const sk_check *check = sk_checks; check->name; check++)
        if (sk_equals(rule->check, check->name)) return check;
    return NULL;
}

static const sk_rule *rule_of(uint32_t index) {
    for (size_t i = 0; i < rules.count; i++)
        if (rules.items[i].index == index) return &rules.items[i];
    return NULL;
}

__attribute__((export_name("stockade:plugin/rules@0.1.0#configure")))
unit_result *sk_export_configure(sk_rule *items, size_t count) {
    unit_result *result = sk_alloc(sizeof *result);
    rules.items = items;
    rules.count = count;
    for (size_t i = 0; i < count; i++) {
        if (check_of(&items[i])) continue;
        result->is_error = 1;
        result->error = sk_join(SK("rule `"), items[i].id, SK("` names the check `"), items[i].check,
                                SK("`, which this plugin does not have"));
        break;
    }
    return result;
}

__attribute__((export_name("cabi_post_stockade:plugin/rules@0.1.0#configure")))
void sk_post_configure(unit_result *result) {
    (void)result;
    // A further call must not write behind what has to last: it begins a block of its own.
    if (blocks) blocks->used = blocks->size;
    lasting = blocks;
}

__attribute__((export_name("stockade:plugin/rules@0.1.0#check")))
report_result *sk_export_check(const char *path, size_t path_length, const char *kind, size_t kind_length,
                               sk_text *marks, size_t mark_count, const char *data, size_t data_length,
                               uint32_t text_length, sk_table *tables, size_t table_count,
                               const uint32_t *run, size_t run_count) {
    report_result *result = sk_alloc(sizeof *result);
    sk_source source = { .path = { path, path_length }, .kind = { kind, kind_length },
                         .marks = { marks, mark_count }, .data = { data, data_length },
                         .text_length = text_length, .tables = { tables, table_count } };
    const sk_table *nodes = table(&source, "nodes", 13);
    if (nodes) source.nodes = *nodes;
    sk_out out = { 0 };
    bool project = false;
    for (size_t i = 0; i < run_count; i++) {
        const sk_rule *rule = rule_of(run[i]);
        if (!rule) continue;
        const sk_check *check = check_of(rule);
        out.rule = rule->index;
        if (check->file) check->file(&source, &rule->params, &out);
        else project = true;
    }
    if (project) sk_facts(&source, &out);
    memcpy(&result->findings, &out.findings, sizeof out.findings);
    memcpy(&result->facts, &out.facts, sizeof out.facts);
    return result;
}

__attribute__((export_name("stockade:plugin/rules@0.1.0#check-project")))
findings_result *sk_export_check_project(sk_file_facts *items, size_t count, const uint32_t *run, size_t run_count) {
    findings_result *result = sk_alloc(sizeof *result);
    sk_files files = { items, count };
    sk_out out = { 0 };
    for (size_t i = 0; i < run_count; i++) {
        const sk_rule *rule = rule_of(run[i]);
        const sk_check *check = rule ? check_of(rule) : NULL;
        if (!check || !check->project) continue;
        out.rule = rule->index;
        check->project(&files, &rule->params, &out);
    }
    memcpy(&result->findings, &out.findings, sizeof out.findings);
    return result;
}

__attribute__((export_name("cabi_post_stockade:plugin/rules@0.1.0#check")))
void sk_post_check(report_result *result) { (void)result; release(); }

__attribute__((export_name("cabi_post_stockade:plugin/rules@0.1.0#check-project")))
void sk_post_check_project(findings_result *result) { (void)result; release(); }
