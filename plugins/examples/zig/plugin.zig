//! The example plugin: a check on Dockerfiles, one with a fix, one across files, and two on the host's views.

const std = @import("std");
const stockade = @import("stockade");
const equal = stockade.equal;
const join = stockade.join;

comptime {
    stockade.plugin(&.{
        .{ .name = "base-image-untagged", .file = baseImageUntagged },
        .{ .name = "pull-policy", .file = pullPolicy },
        .{ .name = "service-twice", .project = serviceTwice },
        .{ .name = "timeout-long", .file = timeoutLong },
        .{ .name = "variable-set", .file = variableSet },
    }, services);
}

/// A base image has neither tag nor digest. `allow`: images that need none.
fn baseImageUntagged(source: *const stockade.Source, params: stockade.Params, out: *stockade.Out) void {
    var stages = source.root().first();
    while (stages) |stage| : (stages = stage.next()) {
        if (!equal(stage.name(), "stage")) continue;
        const from = stage.get("FROM") orelse continue;
        const image = from.get("image") orelse continue;
        // `parent` is an earlier stage; an image with a variable in it may have a tag that is not there to be seen.
        if (from.get("parent") != null or from.get("tag") != null or from.get("digest") != null) continue;
        if (!image.isKnown() or isAmong(params, "allow", image.value())) continue;
        const name = image.value();
        out.report(image.place(), join(&.{ "base image ", name, " has neither tag nor digest" }), .{
            .key = join(&.{ "image=", name }),
            .data = &.{.{ "image", name }},
        });
    }
}

fn isAmong(params: stockade.Params, param: []const u8, name: []const u8) bool {
    var index: usize = 0;
    while (params.argument(param, index)) |argument| : (index += 1) {
        if (equal(argument, name)) return true;
    }
    return false;
}

/// Where pods keep their containers, in all kinds of objects.
const containers = [_][]const u8{
    "spec.initContainers[*]",
    "spec.containers[*]",
    "spec.template.spec.initContainers[*]",
    "spec.template.spec.containers[*]",
    "spec.jobTemplate.spec.template.spec.initContainers[*]",
    "spec.jobTemplate.spec.template.spec.containers[*]",
};

/// A container has another pull policy than `policy`, which is what the fix writes.
fn pullPolicy(source: *const stockade.Source, params: stockade.Params, out: *stockade.Out) void {
    const wanted = params.argument("policy", 0) orelse "";
    var objects = source.root().first();
    while (objects) |object| : (objects = object.next()) {
        for (containers) |path| {
            for (object.at(path)) |container| containerPullPolicy(container, wanted, out);
        }
    }
}

fn containerPullPolicy(container: stockade.Node, wanted: []const u8, out: *stockade.Out) void {
    const policy = container.get("imagePullPolicy") orelse return;
    const value = policy.value();
    if (!policy.isScalar() or policy.isNull() or !policy.isKnown() or equal(value, wanted)) return;
    const name = if (container.get("name")) |named| named.value() else "without name";
    const image = container.get("image");
    const label: stockade.Label = .{ .span = (image orelse policy).place().span, .message = "this image" };
    out.report(policy.place(), join(&.{ "container ", name, " has the pull policy ", value, ", not ", wanted }), .{
        .key = join(&.{ "container=", name }),
        .data = &.{.{ "policy", value }},
        .labels = if (image != null) &.{label} else &.{},
        .fixes = &.{.{
            .title = join(&.{ "pull with the policy ", wanted }),
            .edits = &.{.{ .span = policy.span(), .replacement = wanted }},
        }},
    });
}

/// Records the Services that a manifest declares, as `namespace/name`.
fn services(source: *const stockade.Source, out: *stockade.Out) void {
    var objects = source.root().first();
    while (objects) |object| : (objects = object.next()) {
        const kind = object.get("kind") orelse continue;
        const name = object.findPath("metadata.name") orelse continue;
        if (!equal(kind.value(), "Service") or !name.isKnown()) continue;
        var space: []const u8 = "default";
        if (object.findPath("metadata.namespace")) |namespace| {
            if (!namespace.isKnown()) continue;
            space = namespace.value();
        }
        out.fact("service", join(&.{ space, "/", name.value() }), name.span());
    }
}

/// Two manifests declare the same Service.
fn serviceTwice(files: []const stockade.FileFacts, _: stockade.Params, out: *stockade.Out) void {
    const Declared = struct { path: []const u8, span: ?stockade.Span };
    var seen: std.StringHashMapUnmanaged(Declared) = .empty;
    for (files, 0..) |file, index| {
        for (0..file.len()) |number| {
            const fact = file.fact(number);
            if (!equal(fact.key, "service")) continue;
            const entry = seen.getOrPut(stockade.call.allocator(), fact.value) catch @panic("out of memory");
            if (!entry.found_existing) {
                entry.value_ptr.* = .{ .path = file.path(), .span = fact.span };
                continue;
            }
            const first = entry.value_ptr.*;
            const nowhere: stockade.Span = .{ .start = 0, .end = 0 };
            const place: stockade.Place = .{ .span = fact.span orelse nowhere };
            const span = first.span orelse nowhere;
            const label: stockade.Label = .{ .path = first.path, .span = span, .message = "declared here first" };
            out.report(place, join(&.{ "service ", fact.value, " is declared in ", first.path, " as well" }), .{
                .file = index,
                .key = join(&.{ "service=", fact.value }),
                .data = &.{ .{ "service", fact.value }, .{ "first", first.path } },
                .labels = if (first.span != null) &.{label} else &.{},
            });
        }
    }
}

/// A time among `setting` is longer than `most` milliseconds, however it is written.
fn timeoutLong(source: *const stockade.Source, params: stockade.Params, out: *stockade.Out) void {
    const limit = std.fmt.parseInt(i64, params.argument("most", 0) orelse "", 10);
    const most = limit catch std.math.maxInt(i64);
    var index: usize = 0;
    while (source.setting(index)) |setting| : (index += 1) {
        const name = setting.name();
        if (setting.kind() != .duration or !setting.isValue() or setting.number() <= most) continue;
        if (!isAmong(params, "setting", name)) continue;
        const number = stockade.decimal(setting.number());
        const message = join(&.{ setting.written(), " waits ", number, " ms, more than ", stockade.decimal(most) });
        out.report(setting.place(), message, .{
            .key = join(&.{ "setting=", name }),
            .data = &.{.{ "value", setting.value() }},
        });
    }
}

/// One of `variable` is set to a value.
fn variableSet(source: *const stockade.Source, params: stockade.Params, out: *stockade.Out) void {
    const elsewhere = stockade.row_flag.inherited | stockade.row_flag.secret_reference;
    var index: usize = 0;
    while (source.variable(index)) |variable| : (index += 1) {
        const name = variable.name();
        if (variable.flags() & elsewhere != 0 or variable.value().len == 0) continue;
        if (!isAmong(params, "variable", name)) continue;
        out.report(variable.place(), join(&.{ "variable ", name, " is set to ", variable.value() }), .{
            .key = join(&.{ "variable=", name }),
            .data = &.{.{ "origin", stockade.decimal(variable.origin()) }},
        });
    }
}
