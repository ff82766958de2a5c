//! Tables that the host computes beside the tree, for plugins whose `plugin.kdl` says `needs "settings" "environment"`.

const std = @import("std");
const stockade = @import("stockade.zig");
const Node = stockade.Node;
const Place = stockade.Place;
const Source = stockade.Source;
const Span = stockade.Span;
const cut = stockade.cut;

/// What kind of value a setting has; what a later host adds is to be taken for a string.
pub const Value = enum(u32) {
    string,
    bool,
    number,
    duration,
    size,
    list,
    url,
    dsn,
    reference,
    template,
    placeholder,
    empty,
    _,
};

/// Bits of `flags` of settings and variables: see "Flags of both tables" in the book.
pub const row_flag = struct {
    pub const unknown = 1;
    pub const default = 2;
    pub const secret_reference = 4;
    pub const inherited = 8;
    pub const variable = 16;
    pub const on = 32;
    pub const off = 64;
    pub const unit_from_name = 128;
    pub const unit_assumed = 256;
    pub const element = 512;
    pub const part = 1024;
    pub const inexact = 2048;
};

/// Columns of the tables that are read here; a host may send longer rows.
pub const setting_columns = 14;
pub const variable_columns = 11;

/// `wanted`, or `other` where that is empty or runs over lines.
fn placeOf(source: *const Source, row: u32, other: Span, wanted: Span) Place {
    const shown = if (fits(source, wanted) or !fits(source, other)) wanted else other;
    return .{ .span = shown, .node = .{ .source = source, .row = row } };
}

fn fits(source: *const Source, span: Span) bool {
    const text = source.slice(span);
    return text.len > 0 and std.mem.indexOfScalar(u8, text, '\n') == null;
}

/// A value that has a name, wherever it is written.
pub const Setting = struct {
    source: *const Source,
    row: []const u32,

    /// The name, folded to snake case.
    pub fn name(self: Setting) []const u8 {
        return cut(self.source.data, self.row[1], self.row[2]);
    }

    pub fn kind(self: Setting) Value {
        return @fromBackingInt(self.row[3]);
    }

    /// Milliseconds, bytes, elements, or the number itself, by `kind`; 0 where there is none.
    pub fn number(self: Setting) i64 {
        return @bitCast(@as(u64, self.row[4]) | @as(u64, self.row[5]) << 32);
    }

    /// Bits of `row_flag`.
    pub fn flags(self: Setting) u32 {
        return self.row[6];
    }

    /// The value as text; for `${X:-y}` that is `y`.
    pub fn value(self: Setting) []const u8 {
        return cut(self.source.data, self.row[7], self.row[8]);
    }

    /// Whether the value reads as "on".
    pub fn isOn(self: Setting) bool {
        return self.flags() & row_flag.on != 0;
    }

    /// Whether the value reads as "off".
    pub fn isOff(self: Setting) bool {
        return self.flags() & row_flag.off != 0;
    }

    /// Whether something is known of it: neither a template nor a reference nor taken from elsewhere.
    pub fn isValue(self: Setting) bool {
        if (self.kind() == .template or self.kind() == .reference) return false;
        if (self.flags() & (row_flag.inherited | row_flag.secret_reference) != 0) return false;
        return self.flags() & row_flag.unknown == 0 or self.flags() & row_flag.default != 0;
    }

    /// Keys on the path, 1 for a variable.
    pub fn depth(self: Setting) u32 {
        return self.row[13];
    }

    pub fn node(self: Setting) Node {
        return .{ .source = self.source, .row = self.row[0] };
    }

    /// Where the key stands; empty for an element of a list.
    pub fn keySpan(self: Setting) Span {
        return .{ .start = self.row[9], .end = self.row[10] };
    }

    /// Where the value stands.
    pub fn valueSpan(self: Setting) Span {
        return .{ .start = self.row[11], .end = self.row[12] };
    }

    /// The value, or the key where the value is empty or of several lines.
    pub fn place(self: Setting) Place {
        return placeOf(self.source, self.row[0], self.keySpan(), self.valueSpan());
    }

    /// The key, or the value of an element.
    pub fn keyPlace(self: Setting) Place {
        return placeOf(self.source, self.row[0], self.valueSpan(), self.keySpan());
    }

    /// The name as its author wrote it: `security.tls.enabled`; the folded one for a part of a URL.
    pub fn written(self: Setting) []const u8 {
        const own = std.mem.trim(u8, self.source.slice(self.keySpan()), "\"'");
        if (self.flags() & row_flag.variable != 0 and own.len > 0) return own;
        if (self.flags() & row_flag.part != 0) return self.name();
        var whole: []const u8 = "";
        var count: u32 = 0;
        var here: ?Node = self.node();
        while (here) |one| : (here = one.parent()) {
            if (one.name().len == 0) continue;
            whole = if (count == 0) one.name() else stockade.join(&.{ one.name(), ".", whole });
            count += 1;
            if (count == 12) break;
        }
        return if (count == 0) self.name() else whole;
    }
};

/// A variable that is set somewhere.
pub const Variable = struct {
    source: *const Source,
    row: []const u32,

    pub fn name(self: Variable) []const u8 {
        return cut(self.source.data, self.row[1], self.row[2]);
    }

    /// The value as text; for `${X:-y}` that is `y`.
    pub fn value(self: Variable) []const u8 {
        return cut(self.source.data, self.row[3], self.row[4]);
    }

    /// The number of its origin, as the book lists them.
    pub fn origin(self: Variable) u32 {
        return self.row[5];
    }

    /// Bits of `row_flag`.
    pub fn flags(self: Variable) u32 {
        return self.row[6];
    }

    /// The node of the value; where there is none, that of the entry.
    pub fn node(self: Variable) Node {
        return .{ .source = self.source, .row = self.row[0] };
    }

    /// Where the name stands.
    pub fn nameSpan(self: Variable) Span {
        return .{ .start = self.row[7], .end = self.row[8] };
    }

    /// Where the value stands.
    pub fn valueSpan(self: Variable) Span {
        return .{ .start = self.row[9], .end = self.row[10] };
    }

    /// The value, or the name where the value is empty or of several lines.
    pub fn place(self: Variable) Place {
        return placeOf(self.source, self.row[0], self.nameSpan(), self.valueSpan());
    }
};
