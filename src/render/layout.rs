//! Which layout a project has.

use pkg_engine::{Layout, LoadedSettings, VirtualStore};
use serde_json::json;

use super::{Output, escape};

/// Prints the layout, and where it was set.
pub(crate) fn layout_is(output: Output, settings: &LoadedSettings) {
    let layout = settings.settings.layout.name();
    let set_by = settings.set_by.get("layout").map(ToString::to_string);
    let virtual_store = settings.settings.virtual_store;
    if output.is_json {
        output.json(&json!({
            "ok": true,
            "layout": layout,
            "set": set_by,
            "virtualStore": virtual_store.name(),
        }));
        return;
    }
    let origin = match set_by {
        Some(set_by) => format!("set {}", escape(&set_by)),
        None => "the default".to_owned(),
    };
    let shared = match (settings.settings.layout, virtual_store) {
        (Layout::Isolated, VirtualStore::Shared) => ", with `virtual-store=shared`",
        (_, VirtualStore::Shared | VirtualStore::Project) => "",
    };
    output.out(&format!("{layout} ({origin}{shared})\n"));
}

/// Says that the layout is written down, where nothing was installed that could have another.
pub(crate) fn layout_is_set(output: Output, layout: Layout) {
    if output.is_json {
        output.json(&json!({"ok": true, "layout": layout.name(), "outcome": "set"}));
    } else if !output.is_silent() {
        let name = layout.name();
        output.out(&format!(
            "the layout is `{name}` from the first `pkg install` on\n"
        ));
    }
}
