//! Bindings generated from the contract.

wit_bindgen::generate!({
    path: "../../../wit/v0.1.0",
    world: "plugin",
    pub_export_macro: true,
    default_bindings_module: "stockade_sdk::bindings",
    export_macro_name: "export_bindings",
});
