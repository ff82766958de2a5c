//! Where what is installed as a service starts comes from.

use crate::View;
use stockade_sdk::script::package_index;
use stockade_sdk::{Out, Params};

/// `startup-index-plaintext`: packages are installed from an index that is asked over plain HTTP.
pub(crate) fn index_plaintext(view: &View<'_>, _: &Params, out: &mut Out) {
    for command in &view.commands {
        // A host that pip trusts without a certificate is the same flaw, of which `tls/verification-disabled-in-code` speaks.
        let trusts = matches!(command.name(), "pip" | "pip3")
            && command.args().iter().any(|word| word.text == "--trusted-host");
        if !trusts {
            package_index::report_command(view.source, command, out);
        }
    }
}
