// Write stockade rule plugins in C.
//
// A plugin is a table `sk_checks` of named functions, and if one of them is over all files, a function `sk_facts`. The names
// are those in `plugin.kdl`. Compile with `stockade.c` to WebAssembly; no library and no generated code is needed,
// because each struct below is laid out in memory exactly as the component model passes it.
//
// Memory: what `sk_alloc` and `sk_join` give, and everything that a check gets, lives until the call ends; what is
// allocated in `configure` (the rules' parameters) lives on. Nothing has to be freed.
//
// Offsets are UTF-8 bytes. A node that is not there is a node too (`sk_is` tells): asking it gives empty answers.
#ifndef STOCKADE_H
#define STOCKADE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SK_NONE UINT32_MAX

// --- what crosses the boundary: as in `wit/v0.1.0/plugin.wit`, whose comments hold --------------------------------

#define SK_LIST(type) struct { type *items; size_t count; }

typedef struct { const char *bytes; size_t length; } sk_text;
typedef struct { uint32_t start, end; } sk_span;
typedef struct { bool some; sk_span value; } sk_maybe_span;
typedef struct { bool some; uint32_t value; } sk_maybe_node;
typedef struct { bool some; sk_text value; } sk_maybe_text;
typedef struct { sk_text name, value; } sk_pair;

typedef struct {
    uint32_t depth;
    sk_text name;
    SK_LIST(sk_text) args;
    SK_LIST(sk_pair) props;
} sk_param;
typedef SK_LIST(sk_param) sk_params;
typedef struct { uint32_t index; sk_text id, check; sk_params params; } sk_rule;
typedef struct { sk_text name; uint32_t stride; SK_LIST(uint32_t) cells; } sk_table;

typedef struct { sk_span span; sk_text replacement; } sk_edit;
typedef enum { SK_SAFE, SK_UNSAFE, SK_MANUAL } sk_applicability;
typedef struct { sk_text title; uint8_t applicability; SK_LIST(sk_edit) edits; } sk_fix;
typedef struct { sk_maybe_text path; sk_span span; sk_text message; } sk_label;
typedef struct {
    uint32_t rule, file;
    sk_maybe_span span;
    sk_maybe_node node;
    sk_text message;
    sk_maybe_text help;
    SK_LIST(sk_label) labels;
    SK_LIST(sk_fix) fixes;
    sk_maybe_text key;
    SK_LIST(sk_pair) data;
} sk_finding;
typedef struct { sk_text key, value; sk_maybe_span span; } sk_fact;
typedef SK_LIST(sk_fact) sk_fact_list;
typedef struct { sk_text path, kind; sk_fact_list facts; } sk_file_facts;
typedef SK_LIST(sk_file_facts) sk_files;

// --- a file -------------------------------------------------------------------------------------------------

typedef struct {
    sk_text path, kind;   // `kind`: dockerfile, kubernetes, ...
    SK_LIST(sk_text) marks;
    sk_text data;         // the text, followed by decoded values
    uint32_t text_length; // bytes of `data` that are the file
    SK_LIST(sk_table) tables;
    sk_table nodes;       // the table `nodes`, empty where the host sent none
} sk_source;

/// A row of the table `nodes`.
typedef struct { const sk_source *source; uint32_t row; } sk_node;
typedef SK_LIST(sk_node) sk_nodes;

enum { SK_STREAM, SK_MAPPING, SK_SEQUENCE, SK_SCALAR, SK_ALIAS, SK_ELEMENT, SK_ERROR, SK_MERGE };
enum { SK_STRING, SK_NULL, SK_BOOL, SK_INT, SK_FLOAT, SK_TIMESTAMP };
enum { SK_UNKNOWN = 1, SK_PARTIAL = 2, SK_IMPLICIT = 4, SK_DEFAULTED = 8, SK_ANCHORED = 16, SK_DUPLICATE = 32 };

/// Where a finding is: a span, and the node it is about.
typedef struct { sk_span span; sk_maybe_node node; } sk_place;

sk_node sk_root(const sk_source *source);
bool sk_is(sk_node node);                            // whether it is there
int sk_kind(sk_node node);                           // SK_STREAM ... SK_MERGE; -1 for no node
int sk_type(sk_node node);                           // of a scalar: SK_STRING ...
int sk_flags(sk_node node);                          // SK_UNKNOWN | ...
sk_node sk_parent(sk_node node);
sk_node sk_first(sk_node node);                      // first child; of an alias: of what it stands for
sk_node sk_next(sk_node node);                       // next child of the same parent
sk_node sk_resolve(sk_node node);                    // what an alias or merge stands for, or itself
sk_node sk_get(sk_node node, const char *key);       // child by key, through aliases and merge keys
sk_nodes sk_at(sk_node node, const char *path);      // `spec.containers[*].image`: all nodes there
sk_node sk_find(sk_node node, const char *path);     // the one node there
sk_text sk_name(sk_node node);                       // decoded key or name
sk_text sk_value(sk_node node);                      // decoded value, through aliases
bool sk_is_scalar(sk_node node);
bool sk_is_null(sk_node node);
bool sk_is_known(sk_node node);                      // no template or variable in the value
sk_span sk_value_span(sk_node node);
sk_place sk_place_of(sk_node node);                  // where to show the value, on one line
sk_place sk_key_place(sk_node node);                 // where to show the key
sk_text sk_slice(const sk_source *source, sk_span span);
/// The next comment from index `*at` on, which is moved along; false at the end.
bool sk_comment(const sk_source *source, size_t *at, sk_span *span, sk_node *about);

// --- views: tables that the host computes for plugins that say `needs "settings" "environment"` -----------------------

/// A value that has a name, wherever it is written.
typedef struct { const sk_source *source; const uint32_t *row; } sk_setting;
/// A variable that is set somewhere.
typedef struct { const sk_source *source; const uint32_t *row; } sk_variable;

enum {
    SK_VALUE_STRING, SK_VALUE_BOOL, SK_VALUE_NUMBER, SK_VALUE_DURATION, SK_VALUE_SIZE, SK_VALUE_LIST, SK_VALUE_URL,
    SK_VALUE_DSN, SK_VALUE_REFERENCE, SK_VALUE_TEMPLATE, SK_VALUE_PLACEHOLDER, SK_VALUE_EMPTY
};
// Bits of `sk_setting_flags` and `sk_variable_flags`: see "Flags of both tables" in the book.
enum {
    SK_ROW_UNKNOWN = 1, SK_ROW_DEFAULT = 2, SK_ROW_SECRET_REFERENCE = 4, SK_ROW_INHERITED = 8, SK_ROW_VARIABLE = 16,
    SK_ROW_ON = 32, SK_ROW_OFF = 64, SK_ROW_UNIT_FROM_NAME = 128, SK_ROW_UNIT_ASSUMED = 256, SK_ROW_ELEMENT = 512,
    SK_ROW_PART = 1024, SK_ROW_INEXACT = 2048
};

/// The next setting from index `*at` on, which is moved along; false at the end, or where the host sent no such table.
bool sk_next_setting(const sk_source *source, size_t *at, sk_setting *setting);
sk_text sk_setting_name(sk_setting setting);         // folded to snake case
sk_text sk_setting_written(sk_setting setting);      // the name as its author wrote it: `security.tls.enabled`
sk_text sk_setting_value(sk_setting setting);        // for `${X:-y}` that is `y`
int sk_setting_kind(sk_setting setting);             // SK_VALUE_STRING ...; what a later host adds is a string
int64_t sk_setting_number(sk_setting setting);       // milliseconds, bytes, elements, or the number itself
uint32_t sk_setting_flags(sk_setting setting);       // SK_ROW_UNKNOWN | ...
bool sk_setting_is_value(sk_setting setting);        // neither a template nor a reference nor taken from elsewhere
uint32_t sk_setting_depth(sk_setting setting);       // keys on the path, 1 for a variable
sk_node sk_setting_node(sk_setting setting);
sk_span sk_setting_key_span(sk_setting setting);     // empty for an element of a list
sk_span sk_setting_value_span(sk_setting setting);
sk_place sk_setting_place(sk_setting setting);       // the value, or the key where that is empty or of several lines
sk_place sk_setting_key_place(sk_setting setting);   // the key, or the value of an element

/// As `sk_next_setting`, for variables.
bool sk_next_variable(const sk_source *source, size_t *at, sk_variable *variable);
sk_text sk_variable_name(sk_variable variable);
sk_text sk_variable_value(sk_variable variable);
uint32_t sk_variable_origin(sk_variable variable);   // as the book lists them
uint32_t sk_variable_flags(sk_variable variable);
sk_node sk_variable_node(sk_variable variable);
sk_span sk_variable_name_span(sk_variable variable);
sk_span sk_variable_value_span(sk_variable variable);
sk_place sk_variable_place(sk_variable variable);    // the value, or the name where that is empty or of several lines

// --- text ---------------------------------------------------------------------------------------------------

/// A string constant as text.
#define SK(literal) ((sk_text){ literal, sizeof(literal) - 1 })
/// One text out of several: `sk_join(SK("no "), name)`.
#define sk_join(...)                                                                                              \
    sk_join_all((const sk_text[]){ __VA_ARGS__ }, sizeof((const sk_text[]){ __VA_ARGS__ }) / sizeof(sk_text))
sk_text sk_join_all(const sk_text *parts, size_t count);
bool sk_same(sk_text a, sk_text b);
bool sk_equals(sk_text text, const char *other);
sk_text sk_decimal(int64_t number);
/// Reads a whole number in decimal digits; false for anything else.
bool sk_number(sk_text text, int64_t *number);
void *sk_alloc(size_t bytes);                        // zeroed

// --- parameters and findings --------------------------------------------------------------------------------

/// Argument number `index` of the top-level parameters of this name, all in one row; false where there are fewer.
bool sk_argument(const sk_params *params, const char *name, size_t index, sk_text *argument);

typedef struct {
    uint32_t rule;
    SK_LIST(sk_finding) findings;
    SK_LIST(sk_fact) facts;
} sk_out;

/// Adds a finding. `message`: one sentence that names what was found, lower case, no final period. What is returned may
/// be filled in further until the next finding is added.
sk_finding *sk_report(sk_out *out, sk_place place, sk_text message);
/// As `sk_report`, from a check over all files: `file` is an index of `sk_files`.
sk_finding *sk_report_in(sk_out *out, size_t file, sk_maybe_span span, sk_text message);
void sk_set_key(sk_finding *finding, sk_text key);
void sk_set_help(sk_finding *finding, sk_text help);
void sk_add_data(sk_finding *finding, sk_text name, sk_text value);
void sk_add_label(sk_finding *finding, sk_place place, sk_text message);
void sk_add_label_in(sk_finding *finding, sk_text path, sk_span span, sk_text message);
/// A fix that puts `value` in the place of the node's value.
void sk_add_replacement(sk_finding *finding, sk_applicability when, sk_text title, sk_node node, sk_text value);
void sk_add_fix(sk_finding *finding, sk_applicability when, sk_text title, const sk_edit *edits, size_t count);
/// Records a fact about the file for the checks over all files.
void sk_add_fact(sk_out *out, sk_text key, sk_text value, sk_maybe_span span);

// --- what a plugin defines ----------------------------------------------------------------------------------

/// A check of one file (`file`) or over the facts of all files (`project`).
typedef struct {
    const char *name;
    void (*file)(const sk_source *source, const sk_params *params, sk_out *out);
    void (*project)(const sk_files *files, const sk_params *params, sk_out *out);
} sk_check;

/// All checks; the last one has no name.
extern const sk_check sk_checks[];
/// Records what the checks over all files need to know of this one. Called if such a rule is switched on; plugins without
/// such a check need not have it.
void sk_facts(const sk_source *source, sk_out *out);

#endif
