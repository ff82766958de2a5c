// A transform for asc: the functions of the contract have names that AssemblyScript cannot write.
import { Transform } from "assemblyscript/transform";

const CONTRACT = "stockade:plugin/rules@0.1.0#";

/** Names in `stockade.ts`, and what they are exported as. */
const NAMES = {
  realloc: "cabi_realloc",
  configure: `${CONTRACT}configure`,
  configured: `cabi_post_${CONTRACT}configure`,
  check: `${CONTRACT}check`,
  checked: `cabi_post_${CONTRACT}check`,
  checkProject: `${CONTRACT}check-project`,
  checkedProject: `cabi_post_${CONTRACT}check-project`,
};

export default class Exports extends Transform {
  afterCompile(module) {
    for (const [name, exported] of Object.entries(NAMES)) {
      const found = module.getExport(name);
      if (!found) throw new Error(`the plugin's file has to export \`${name}\` from the SDK`);
      const { value } = this.binaryen.getExportInfo(found);
      module.removeExport(name);
      module.addFunctionExport(value, exported);
    }
  }
}
