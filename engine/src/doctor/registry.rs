//! The registry: whether it answers, and by which way.

use pkg_manifest::PackageName;
use pkg_registry::{Detail, ErrorClass, RegistryError};
use secrecy::ExposeSecret as _;
use url::Url;

use super::Finding;
use crate::LoadedSettings;

const TOPIC: &str = "registry";
/// No package has this name: whatever answers that is a registry, and nothing of it is kept.
const PROBE: &str = "pkg-doctor-asks-for-nothing";

/// Asks the registry for a package that there is not.
pub async fn check_registry(settings: &LoadedSettings) -> Finding {
    if settings.settings.offline {
        return Finding::warn(
            TOPIC,
            "not asked: the network is switched off",
            "unset `offline`",
        );
    }
    let registry = match settings.open_registry() {
        Ok(registry) => registry,
        Err(error) => return Finding::of_error(TOPIC, &error, "set `registry`"),
    };
    let Ok(name) = PROBE.parse::<PackageName>() else {
        return Finding::ok(TOPIC, "not asked");
    };
    let Some(url) = settings.registry_url(&name) else {
        return Finding::bad(TOPIC, "no registry is set", "set `registry` in your .npmrc");
    };
    let shown = shown(&url);
    if let Ok(folder) = url.to_file_path() {
        return if folder.is_dir() {
            Finding::ok(TOPIC, format!("the folder `{}`", folder.display()))
        } else {
            let message = format!("there is no folder `{}`", folder.display());
            Finding::bad(
                TOPIC,
                message,
                "`pkg config why registry` shows who names it",
            )
        };
    }
    match registry.packument(&name, Detail::Abbreviated).await {
        Ok(_) => Finding::ok(TOPIC, format!("{shown} answers")),
        Err(RegistryError::NotFound { .. }) => Finding::ok(TOPIC, format!("{shown} answers")),
        Err(error) if error.class() == ErrorClass::NotFound => {
            Finding::ok(TOPIC, format!("{shown} answers"))
        }
        Err(error) => {
            Finding::of_error(TOPIC, &error, "see the address: `pkg config why registry`")
        }
    }
}

/// The proxies that are used, without their passwords.
pub(super) fn proxy(settings: &LoadedSettings) -> Finding {
    const TOPIC: &str = "proxy";
    let registries = &settings.registries;
    let named = [
        ("http", registries.proxy()),
        ("https", registries.https_proxy()),
    ];
    let mut texts = Vec::new();
    for (scheme, proxy) in named {
        let Some(proxy) = proxy else { continue };
        match Url::parse(proxy.expose_secret()) {
            Ok(url) if url.has_host() => texts.push(format!("{scheme} by {}", shown(&url))),
            _ => {
                let message = format!("the proxy for {scheme} is no address");
                let help = "write `http://HOST:PORT/`; `pkg config list` shows who names it";
                return Finding::bad(TOPIC, message, help);
            }
        }
    }
    if texts.is_empty() {
        return Finding::ok(TOPIC, "none");
    }
    if let Some(direct) = registries.noproxy() {
        texts.push(format!("none for {direct}"));
    }
    Finding::ok(TOPIC, texts.join(", "))
}

/// An address without what may be a secret.
fn shown(url: &Url) -> String {
    let port = url.port().map(|port| format!(":{port}"));
    format!(
        "{}://{}{}{}",
        url.scheme(),
        url.host_str().unwrap_or_default(),
        port.unwrap_or_default(),
        url.path()
    )
}
