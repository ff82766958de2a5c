//! Write stockade rule plugins in Zig.
//!
//!     comptime {
//!         stockade.plugin(&.{.{ .name = "no-tabs", .file = noTabs }}, null);
//!     }
//!
//! The names of the checks are those in `plugin.kdl`. Offsets are UTF-8 bytes. What a check gets, and what `Out` allocates,
//! lives until the call ends. The extern structs are laid out as the component model passes them.

const std = @import("std");
const views = @import("views.zig");

pub const Setting = views.Setting;
pub const Variable = views.Variable;
pub const Value = views.Value;
pub const row_flag = views.row_flag;

const none = std.math.maxInt(u32);
const columns = 13;

/// A half-open range of bytes of the file's text.
pub const Span = extern struct { start: u32, end: u32 };

// --- what crosses the boundary: as in `wit/v0.1.0/plugin.wit`, whose comments hold ----------------------------

fn List(comptime T: type) type {
    return extern struct {
        ptr: [*]const T,
        len: usize,

        pub fn items(self: @This()) []const T {
            return self.ptr[0..self.len];
        }

        fn of(slice: []const T) @This() {
            // Where an empty slice points is up to the compiler, and the host wants it inside memory.
            const ptr = if (slice.len > 0) slice.ptr else @as([*]const T, @ptrFromInt(@alignOf(T)));
            return .{ .ptr = ptr, .len = slice.len };
        }
    };
}

const Text = List(u8);

fn Maybe(comptime T: type) type {
    return extern struct { some: bool, value: T };
}

const maybe_none = std.mem.zeroes(Maybe(Text));

fn maybeText(text: ?[]const u8) Maybe(Text) {
    return if (text) |some| .{ .some = true, .value = .of(some) } else maybe_none;
}

const RawPair = extern struct { name: Text, value: Text };
const RawParam = extern struct { depth: u32, name: Text, args: List(Text), props: List(RawPair) };
const RawRule = extern struct { index: u32, id: Text, check: Text, params: List(RawParam) };
const RawTable = extern struct { name: Text, stride: u32, cells: List(u32) };
const RawEdit = extern struct { span: Span, replacement: Text };
const RawFix = extern struct { title: Text, applicability: Applicability, edits: List(RawEdit) };
const RawLabel = extern struct { path: Maybe(Text), span: Span, message: Text };
const RawFinding = extern struct {
    rule: u32,
    file: u32,
    span: Maybe(Span),
    node: Maybe(u32),
    message: Text,
    help: Maybe(Text),
    labels: List(RawLabel),
    fixes: List(RawFix),
    key: Maybe(Text),
    data: List(RawPair),
};
const RawFact = extern struct { key: Text, value: Text, span: Maybe(Span) };
const RawFile = extern struct { path: Text, kind: Text, facts: List(RawFact) };

/// When a fix may be applied.
pub const Applicability = enum(u8) { safe, unsafe, manual };
/// Replace the bytes of a span.
pub const Edit = struct { span: Span, replacement: []const u8 };
/// Edits that are applied together.
pub const Fix = struct { title: []const u8, when: Applicability = .safe, edits: []const Edit };
/// A further place.
pub const Label = struct { path: ?[]const u8 = null, span: Span, message: []const u8 };

/// What was recorded for one file.
pub const FileFacts = struct {
    raw: *const RawFile,

    pub fn path(self: FileFacts) []const u8 {
        return self.raw.path.items();
    }
    pub fn kind(self: FileFacts) []const u8 {
        return self.raw.kind.items();
    }
    pub fn len(self: FileFacts) usize {
        return self.raw.facts.len;
    }
    pub fn fact(self: FileFacts, index: usize) Fact {
        const raw = &self.raw.facts.items()[index];
        const span = if (raw.span.some) raw.span.value else null;
        return .{ .key = raw.key.items(), .value = raw.value.items(), .span = span };
    }
};
/// Something remembered about a file.
pub const Fact = struct { key: []const u8, value: []const u8, span: ?Span };

// --- a file ---------------------------------------------------------------------------------------------------

/// A file, parsed by the host.
pub const Source = struct {
    path: []const u8,
    kind: []const u8,
    /// The file's text.
    text: []const u8,
    marks: []const Text,
    data: []const u8,
    tables: []const RawTable,
    cells: []const u32,
    stride: usize,

    pub fn root(self: *const Source) Node {
        return .{ .source = self, .row = 0 };
    }

    /// The text under a span.
    pub fn slice(self: *const Source, span: Span) []const u8 {
        return cut(self.text, span.start, span.end);
    }

    /// Setting number `index`, in the order of the document; for plugins with `needs "settings"`.
    pub fn setting(self: *const Source, index: usize) ?Setting {
        return .{ .source = self, .row = self.tableRow("settings", views.setting_columns, index) orelse return null };
    }

    /// Variable number `index` of those that the file sets; for plugins with `needs "environment"`.
    pub fn variable(self: *const Source, index: usize) ?Variable {
        return .{ .source = self, .row = self.tableRow("environment", views.variable_columns, index) orelse return null };
    }

    fn tableRow(self: *const Source, name: []const u8, least: u32, index: usize) ?[]const u32 {
        const table = find(self.tables, name, least) orelse return null;
        const cells = table.cells.items();
        if (index >= cells.len / table.stride) return null;
        return cells[index * table.stride ..][0..least];
    }

    /// Comment number `index`: where it stands, and the node it speaks about.
    pub fn comment(self: *const Source, index: usize) ?struct { Span, Node } {
        const comments = find(self.tables, "comments", 3) orelse return null;
        const cells = comments.cells.items();
        const at = index * comments.stride;
        if (at + comments.stride > cells.len) return null;
        return .{ .{ .start = cells[at], .end = cells[at + 1] }, .{ .source = self, .row = cells[at + 2] } };
    }
};

fn find(tables: []const RawTable, name: []const u8, least: u32) ?*const RawTable {
    for (tables) |*table| {
        if (equal(table.name.items(), name) and table.stride >= least) return table;
    }
    return null;
}

/// The text between two offsets, or nothing where they are none.
pub fn cut(text: []const u8, start: u32, end: u32) []const u8 {
    return if (start <= end and end <= text.len) text[start..end] else "";
}

/// Whether two texts are the same.
pub fn equal(a: []const u8, b: []const u8) bool {
    return std.mem.eql(u8, a, b);
}

pub const Kind = enum(u8) { stream, mapping, sequence, scalar, alias, element, err, merge, _ };
pub const Type = enum(u8) { string, null, bool, int, float, timestamp, _ };
pub const flag = struct {
    pub const unknown = 1;
    pub const partial = 2;
    pub const implicit = 4;
    pub const defaulted = 8;
    pub const anchored = 16;
    pub const duplicate = 32;
};

/// Where a finding is: a span, and the node it is about.
pub const Place = struct { span: Span, node: ?Node = null };

/// A row of the table of nodes.
pub const Node = struct {
    source: *const Source,
    row: u32,

    fn cell(self: Node, column: usize) u32 {
        const index = self.row * self.source.stride + column;
        return if (index < self.source.cells.len) self.source.cells[index] else none;
    }

    fn link(self: Node, column: usize) ?Node {
        const row = self.cell(column);
        return if (row == none) null else .{ .source = self.source, .row = row };
    }

    pub fn kind(self: Node) Kind {
        return @fromBackingInt(@intCast(self.cell(0) & 0xff));
    }

    /// Of a scalar.
    pub fn scalarType(self: Node) Type {
        return @fromBackingInt(@intCast(self.cell(0) >> 8 & 0xff));
    }

    /// Bits of `flag`.
    pub fn flags(self: Node) u32 {
        return self.cell(0) >> 24;
    }

    pub fn parent(self: Node) ?Node {
        return self.link(1);
    }

    /// The next child of the same parent.
    pub fn next(self: Node) ?Node {
        return self.link(2);
    }

    /// The first child; of an alias, that of what it stands for.
    pub fn first(self: Node) ?Node {
        return self.resolve().link(3);
    }

    /// What an alias or merge stands for, or the node itself.
    pub fn resolve(self: Node) Node {
        var node = self;
        for (0..16) |_| {
            if (node.kind() != .alias and node.kind() != .merge) break;
            node = node.link(12) orelse break;
        }
        return node;
    }

    /// The child with this key, through aliases and merge keys.
    pub fn get(self: Node, key: []const u8) ?Node {
        return self.getAt(key, 0);
    }

    fn getAt(self: Node, key: []const u8, depth: u32) ?Node {
        var found: ?Node = null;
        var merged: ?Node = null;
        var child = self.first();
        while (child) |node| : (child = node.next()) {
            if (node.kind() != .merge or depth >= 8) {
                if (equal(node.name(), key)) found = node;
            } else if (merged == null) {
                const target = node.resolve();
                if (target.kind() != .sequence and target.kind() != .merge) {
                    merged = target.getAt(key, depth + 1);
                } else {
                    var each = target.first();
                    while (each) |one| : (each = one.next()) {
                        merged = one.getAt(key, depth + 1);
                        if (merged != null) break;
                    }
                }
            }
        }
        return found orelse merged;
    }

    /// All nodes under a path such as `spec.containers[*].image`.
    pub fn at(self: Node, path: []const u8) []const Node {
        var nodes: std.ArrayList(Node) = .empty;
        add(&nodes, self);
        var parts = std.mem.splitScalar(u8, path, '.');
        while (parts.next()) |part| {
            const every = std.mem.endsWith(u8, part, "[*]");
            const key = if (every) part[0 .. part.len - 3] else part;
            var following: std.ArrayList(Node) = .empty;
            for (nodes.items) |node| {
                const found = if (key.len > 0) node.get(key) orelse continue else node;
                if (!every) {
                    add(&following, found);
                    continue;
                }
                var child = found.first();
                while (child) |one| : (child = one.next()) add(&following, one);
            }
            nodes = following;
        }
        return nodes.items;
    }

    /// The one node under a path of keys separated by dots.
    pub fn findPath(self: Node, path: []const u8) ?Node {
        const nodes = self.at(path);
        return if (nodes.len > 0) nodes[0] else null;
    }

    /// The decoded key or name.
    pub fn name(self: Node) []const u8 {
        return cut(self.source.data, self.cell(10), self.cell(11));
    }

    /// The decoded value, through aliases.
    pub fn value(self: Node) []const u8 {
        const node = self.resolve();
        return cut(node.source.data, node.cell(8), node.cell(9));
    }

    pub fn isScalar(self: Node) bool {
        return self.resolve().kind() == .scalar;
    }

    pub fn isNull(self: Node) bool {
        const node = self.resolve();
        return node.kind() == .scalar and node.scalarType() == .null and node.flags() & flag.unknown == 0;
    }

    /// Whether no template or variable is in the value.
    pub fn isKnown(self: Node) bool {
        return self.resolve().flags() & (flag.unknown | flag.partial) == 0;
    }

    /// Where the value stands.
    pub fn span(self: Node) Span {
        return .{ .start = self.cell(4), .end = self.cell(5) };
    }

    /// Where the key stands.
    pub fn keySpan(self: Node) ?Span {
        const key: Span = .{ .start = self.cell(6), .end = self.cell(7) };
        return if (key.start < key.end) key else null;
    }

    /// Where to show the value, on one line.
    pub fn place(self: Node) Place {
        var shown = self.span();
        const collection = self.kind() == .mapping or self.kind() == .sequence;
        const flow = self.cell(0) >> 16 & 0xff == 5;
        if (self.keySpan()) |key| {
            if (collection or shown.start == shown.end) shown = key;
        } else if (collection and !flow) {
            if (self.first()) |child| shown = child.place().span;
        }
        const text = self.source.slice(shown);
        const line = std.mem.trimEnd(u8, text[0 .. std.mem.indexOfScalar(u8, text, '\n') orelse text.len], "\r");
        return .{ .span = .{ .start = shown.start, .end = shown.start + line.len }, .node = self };
    }

    /// Where to show the key.
    pub fn keyPlace(self: Node) Place {
        return .{ .span = self.keySpan() orelse return self.place(), .node = self };
    }
};

// --- parameters and findings ----------------------------------------------------------------------------------

/// A rule's parameters.
pub const Params = struct {
    nodes: []const RawParam,

    /// Argument number `index` of the top-level parameters of this name, all in one row.
    pub fn argument(self: Params, name: []const u8, index: usize) ?[]const u8 {
        var left = index;
        for (self.nodes) |param| {
            if (param.depth != 0 or !equal(param.name.items(), name)) continue;
            if (left < param.args.len) return param.args.items()[left].items();
            left -= param.args.len;
        }
        return null;
    }
};

/// What else is known of a finding.
pub const More = struct {
    key: ?[]const u8 = null,
    help: ?[]const u8 = null,
    labels: []const Label = &.{},
    fixes: []const Fix = &.{},
    data: []const [2][]const u8 = &.{},
    /// From a check over all files: the number of the file.
    file: usize = 0,
};

/// Collects what the checks find.
pub const Out = struct {
    rule: u32 = 0,
    findings: std.ArrayList(RawFinding) = .empty,
    facts: std.ArrayList(RawFact) = .empty,

    /// Adds a finding. `message`: one sentence that names what was found, lower case, no final period.
    pub fn report(self: *Out, place: Place, message: []const u8, more: More) void {
        var labels: std.ArrayList(RawLabel) = .empty;
        for (more.labels) |label| {
            add(&labels, .{ .path = maybeText(label.path), .span = label.span, .message = .of(label.message) });
        }
        var fixes: std.ArrayList(RawFix) = .empty;
        for (more.fixes) |fix| {
            var edits: std.ArrayList(RawEdit) = .empty;
            for (fix.edits) |edit| add(&edits, .{ .span = edit.span, .replacement = .of(edit.replacement) });
            add(&fixes, .{ .title = .of(fix.title), .applicability = fix.when, .edits = .of(edits.items) });
        }
        var data: std.ArrayList(RawPair) = .empty;
        for (more.data) |pair| add(&data, .{ .name = .of(pair[0]), .value = .of(pair[1]) });
        add(&self.findings, .{
            .rule = self.rule,
            .file = more.file,
            .span = .{ .some = true, .value = place.span },
            .node = if (place.node) |node| .{ .some = true, .value = node.row } else .{ .some = false, .value = 0 },
            .message = .of(message),
            .help = maybeText(more.help),
            .labels = .of(labels.items),
            .fixes = .of(fixes.items),
            .key = maybeText(more.key),
            .data = .of(data.items),
        });
    }

    /// Records something about the file for the checks over all files.
    pub fn fact(self: *Out, key: []const u8, value: []const u8, span: Span) void {
        add(&self.facts, .{ .key = .of(key), .value = .of(value), .span = .{ .some = true, .value = span } });
    }
};

/// One text out of several.
pub fn join(parts: []const []const u8) []const u8 {
    return std.mem.concat(call.allocator(), u8, parts) catch @panic("out of memory");
}

/// A whole number as text.
pub fn decimal(number: i64) []const u8 {
    return std.fmt.allocPrint(call.allocator(), "{d}", .{number}) catch @panic("out of memory");
}

/// Appends to a list that lives until the call ends.
pub fn add(list: anytype, item: @typeInfo(@TypeOf(list.items)).pointer.child) void {
    list.append(call.allocator(), item) catch @panic("out of memory");
}

// --- the exported functions -------------------------------------------------------------------------------------

/// A check of one file or over the facts of all files.
pub const Check = struct {
    name: []const u8,
    file: ?*const fn (source: *const Source, params: Params, out: *Out) void = null,
    project: ?*const fn (files: []const FileFacts, params: Params, out: *Out) void = null,
};

/// What is given back when the call has been answered.
pub var call: std.heap.ArenaAllocator = .init(std.heap.wasm_allocator);

var rules: []const RawRule = &.{};

/// Makes a plugin of these checks; `facts` records what those over all files need to know of one.
pub fn plugin(comptime checks: []const Check, comptime facts: ?*const fn (*const Source, *Out) void) void {
    const Exports = struct {
        const Unit = extern struct { is_error: bool, message: Text };
        const Report = extern struct { is_error: bool, findings: List(RawFinding), facts: List(RawFact) };
        const Findings = extern struct { is_error: bool, findings: List(RawFinding) };

        fn checkOf(rule: *const RawRule) ?*const Check {
            for (checks) |*check| {
                if (equal(check.name, rule.check.items())) return check;
            }
            return null;
        }

        fn ruleOf(index: u32) ?*const RawRule {
            for (rules) |*rule| {
                if (rule.index == index) return rule;
            }
            return null;
        }

        fn answer(comptime T: type, value: T) *T {
            const place = call.allocator().create(T) catch @panic("out of memory");
            place.* = value;
            return place;
        }

        fn configure(items: [*]const RawRule, count: usize) callconv(.c) *Unit {
            rules = items[0..count];
            for (rules) |*rule| {
                if (checkOf(rule) != null) continue;
                const message = join(&.{
                    "rule `",                             rule.id.items(),
                    "` names the check `",                rule.check.items(),
                    "`, which this plugin does not have",
                });
                return answer(Unit, .{ .is_error = true, .message = .of(message) });
            }
            return answer(Unit, .{ .is_error = false, .message = .of("") });
        }

        // What `configure` was given lives on: the next call gets an arena of its own.
        fn configured(_: *Unit) callconv(.c) void {
            call = .init(std.heap.wasm_allocator);
        }

        fn runChecks(
            path: [*]const u8,
            path_len: usize,
            kind: [*]const u8,
            kind_len: usize,
            marks: [*]const Text,
            marks_len: usize,
            data: [*]const u8,
            data_len: usize,
            text_len: usize,
            tables: [*]const RawTable,
            tables_len: usize,
            run: [*]const u32,
            run_len: usize,
        ) callconv(.c) *Report {
            const all = tables[0..tables_len];
            const nodes = find(all, "nodes", columns);
            const source: Source = .{
                .path = path[0..path_len],
                .kind = kind[0..kind_len],
                .text = data[0..text_len],
                .marks = marks[0..marks_len],
                .data = data[0..data_len],
                .tables = all,
                .cells = if (nodes) |table| table.cells.items() else &.{},
                .stride = if (nodes) |table| table.stride else columns,
            };
            var out: Out = .{};
            var project = false;
            for (run[0..run_len]) |index| {
                const rule = ruleOf(index) orelse continue;
                const check = checkOf(rule) orelse continue;
                out.rule = index;
                if (check.file) |function| function(&source, .{ .nodes = rule.params.items() }, &out);
                if (check.project != null) project = true;
            }
            if (facts) |record| {
                if (project) record(&source, &out);
            }
            return answer(Report, .{
                .is_error = false,
                .findings = .of(out.findings.items),
                .facts = .of(out.facts.items),
            });
        }

        fn runProjectChecks(items: [*]const RawFile, count: usize, run: [*]const u32, run_len: usize) callconv(.c) *Findings {
            var files: std.ArrayList(FileFacts) = .empty;
            for (items[0..count]) |*raw| add(&files, .{ .raw = raw });
            var out: Out = .{};
            for (run[0..run_len]) |index| {
                const rule = ruleOf(index) orelse continue;
                const check = checkOf(rule) orelse continue;
                out.rule = index;
                if (check.project) |function| function(files.items, .{ .nodes = rule.params.items() }, &out);
            }
            return answer(Findings, .{ .is_error = false, .findings = .of(out.findings.items) });
        }

        fn answered(_: *anyopaque) callconv(.c) void {
            _ = call.reset(.{ .retain_with_limit = 1 << 20 });
        }

        fn realloc(old: [*]const u8, old_len: usize, alignment: usize, len: usize) callconv(.c) [*]u8 {
            if (len == 0) return @ptrFromInt(alignment);
            const fresh = call.allocator().alignedAlloc(u8, .@"8", len) catch @panic("out of memory");
            std.debug.assert(alignment <= 8);
            const kept = @min(old_len, len);
            @memcpy(fresh[0..kept], old[0..kept]);
            return fresh.ptr;
        }
    };
    const contract = "stockade:plugin/rules@0.1.0#";
    @export(&Exports.realloc, .{ .name = "cabi_realloc" });
    @export(&Exports.configure, .{ .name = contract ++ "configure" });
    @export(&Exports.configured, .{ .name = "cabi_post_" ++ contract ++ "configure" });
    @export(&Exports.runChecks, .{ .name = contract ++ "check" });
    @export(&Exports.answered, .{ .name = "cabi_post_" ++ contract ++ "check" });
    @export(&Exports.runProjectChecks, .{ .name = contract ++ "check-project" });
    @export(&Exports.answered, .{ .name = "cabi_post_" ++ contract ++ "check-project" });
}
