//! The checks of {{name}}.

const stockade = @import("stockade");

comptime {
    // `null` stands for what records facts for checks over all files.
    stockade.plugin(&.{.{ .name = "base-image-untagged", .file = baseImageUntagged }}, null);
}

/// A base image has neither tag nor digest. `allow`: images that need none.
fn baseImageUntagged(source: *const stockade.Source, params: stockade.Params, out: *stockade.Out) void {
    var stages = source.root().first();
    while (stages) |stage| : (stages = stage.next()) {
        if (!stockade.equal(stage.name(), "stage")) continue;
        const from = stage.get("FROM") orelse continue;
        const image = from.get("image") orelse continue;
        // `parent` is an earlier stage; an image with a variable in it may have a tag that is not there to be seen.
        if (from.get("parent") != null or from.get("tag") != null or from.get("digest") != null) continue;
        const name = image.value();
        if (!image.isKnown() or isAmong(params, "allow", name)) continue;
        const message = stockade.join(&.{ "base image ", name, " has neither tag nor digest" });
        out.report(image.place(), message, .{ .key = stockade.join(&.{ "image=", name }) });
    }
}

fn isAmong(params: stockade.Params, param: []const u8, name: []const u8) bool {
    var index: usize = 0;
    while (params.argument(param, index)) |argument| : (index += 1) {
        if (stockade.equal(argument, name)) return true;
    }
    return false;
}
