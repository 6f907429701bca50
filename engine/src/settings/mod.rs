//! Settings: one row each, merged from layers, with the origin of every value.

mod alias;
mod documents;
mod edit;
mod error;
mod exposed;
mod foreign;
mod inspect;
mod known;
mod layers;
mod layout;
mod load;
mod pnp;
mod registries;
mod running;
mod sandbox;
mod save;
mod token_helper;
mod value;
mod write;

use std::path::PathBuf;

use pkg_linker::{FallbackMode, Layout};

pub(crate) use edit::set_entry;
pub use error::SettingsError;
pub use inspect::{ConfigValue, Said, Verdict};
pub use layers::{Layer, Origin, Source};
pub use layout::VirtualStore;
pub use load::{LoadedSettings, SettingsRequest};
pub use running::VerifyDeps;
pub use sandbox::Sandbox;
use value::SettingValue;
pub use write::{ConfigEdit, ConfigPlace, WriteError, edit_config};

use crate::SaveStyle;

/// Who may set a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Any file, the environment, the command line.
    Anyone,
    /// Not a project's own files: they are as trustworthy as whoever wrote the project.
    User,
    /// A project's own files only to the strictest value.
    Stricter,
}

/// Makes the struct, its defaults and the list of keys of one table: documentation, field, type,
/// default, key, who may set it.
macro_rules! settings {
    ($($(#[doc = $doc:literal])+ $field:ident: $type:ty = $default:expr, $key:literal, $scope:ident;)+) => {
        /// What the user, the project and the environment ask for.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct Settings {
            $($(#[doc = $doc])+ pub $field: $type,)+
        }

        impl Default for Settings {
            fn default() -> Self {
                Self { $($field: $default,)+ }
            }
        }

        impl Settings {
            /// Every key, and who may set it.
            const KEYS: &[(&str, Scope)] = &[$(($key, Scope::$scope),)+];

            /// Whether a setting takes several texts.
            fn is_list(key: &str) -> bool {
                match key {
                    $($key => <$type as SettingValue>::IS_LIST,)+
                    _ => false,
                }
            }

            /// The table as data: what help and `pkg config` show.
            pub fn rows() -> Vec<SettingRow> {
                let defaults = Self::default();
                vec![$(SettingRow {
                    key: $key,
                    documentation: concat!($($doc),+).trim(),
                    default: SettingValue::shown(&defaults.$field),
                    takes: <$type as SettingValue>::TAKES,
                    is_users_only: Scope::$scope == Scope::User,
                },)+]
            }

            /// The value of a key as text; `None` for an unknown key.
            pub fn text(&self, key: &str) -> Option<String> {
                match key {
                    $($key => Some(SettingValue::shown(&self.$field)),)+
                    _ => None,
                }
            }

            /// Sets one value from its text; false for an unknown key.
            fn set(&mut self, key: &str, text: &str) -> Result<bool, &'static str> {
                match key {
                    $($key => self.$field = <$type as SettingValue>::parse_setting(text)?,)+
                    _ => return Ok(false),
                }
                Ok(true)
            }
        }
    };
}

/// One setting, as help shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingRow {
    /// Its key.
    pub key: &'static str,
    /// What it is for.
    pub documentation: &'static str,
    /// Its value where nobody sets it; empty where that depends.
    pub default: String,
    /// What its values are.
    pub takes: &'static str,
    /// Whether a project's own files cannot set it.
    pub is_users_only: bool,
}

impl Settings {
    /// A key of the table, and who may set it.
    fn key(key: &str) -> Option<(&'static str, Scope)> {
        Self::KEYS.iter().find(|(known, _)| *known == key).copied()
    }

    /// Who may set a setting of the table.
    fn scope(key: &str) -> Option<Scope> {
        Self::key(key).map(|(_, scope)| scope)
    }
}

settings! {
    /// How packages are laid out: `isolated`, `flat`, `nested` or `pnp`.
    layout: Layout = Layout::Isolated, "layout", Anyone;
    /// Where the isolated layout has the folders of packages: in the `project`, or `shared` by all.
    virtual_store: VirtualStore = VirtualStore::Project, "virtual-store", Anyone;
    /// The folder with the contents of packages.
    store_dir: Option<PathBuf> = None, "store-dir", User;
    /// The folder with the registry's answers.
    cache_dir: Option<PathBuf> = None, "cache-dir", User;
    /// Install exactly what the lockfile says; by default in CI.
    frozen_lockfile: Option<bool> = None, "frozen-lockfile", Anyone;
    /// Ask the network for nothing.
    offline: bool = false, "offline", Anyone;
    /// Ask the network only for what is not cached.
    prefer_offline: bool = false, "prefer-offline", Anyone;
    /// Run no scripts at install.
    ignore_scripts: bool = false, "ignore-scripts", Anyone;
    /// What stands before the version that `pkg add` saves: `^`, `~` or nothing.
    save_prefix: SaveStyle = SaveStyle::Caret, "save-prefix", Anyone;
    /// Save versions exactly as they were picked.
    save_exact: bool = false, "save-exact", Anyone;
    /// How scripts of packages are confined: `required` (in the jail or not at all), `auto` (in the jail where the system
    /// has one), or `off`. A project can only ask for `required`.
    sandbox: Sandbox = Sandbox::Auto, "sandbox", Stricter;
    /// Fail where packages have install scripts that nobody approved or denied. A project can only ask for it.
    strict_dep_builds: bool = false, "strict-dep-builds", Stricter;
    /// The most packages whose scripts run at once.
    child_concurrency: usize = 4, "child-concurrency", Anyone;
    /// Seconds after which a script of a package is killed.
    build_timeout: u64 = 600, "build-timeout", Anyone;
    /// Where the headers of Node.js are fetched for addons that are compiled: a folder with one of each version.
    disturl: String = "https://nodejs.org/dist".to_owned(), "disturl", User;
    /// Install peer dependencies that nothing provides.
    auto_install_peers: bool = true, "auto-install-peers", Anyone;
    /// Fail where a peer dependency is missing or out of its range.
    strict_peer_dependencies: bool = false, "strict-peer-dependencies", Anyone;
    /// Minutes that a version must have been published for, to be chosen. One of which the registry does not say
    /// when is refused. Where this machine's clock is ahead of the registry's, the registry's counts.
    minimum_release_age: u64 = 1440, "minimum-release-age", User;
    /// Packages that are exempt from the minimum release age: names, or patterns with `*`.
    minimum_release_age_exclude: Vec<String> = Vec::new(), "minimum-release-age-exclude", User;
    /// Which packages every package can see, below `node_modules/.pkg/node_modules`.
    hoist_pattern: Vec<String> = vec!["*".to_owned()], "hoist-pattern", Anyone;
    /// Which packages the project can see without asking for them.
    public_hoist_pattern: Vec<String> = Vec::new(), "public-hoist-pattern", Anyone;
    /// Whether packages can see what `hoist-pattern` names; without it, only what they declare.
    hoist: bool = true, "hoist", Anyone;
    /// Whether the project can see every package, or none that it did not ask for.
    shamefully_hoist: Option<bool> = None, "shamefully-hoist", Anyone;
    /// Which packages and projects can see what the root project has, in the layout `pnp`.
    pnp_fallback_mode: FallbackMode = FallbackMode::DependenciesOnly, "pnp-fallback-mode", Anyone;
    /// Paths from the root, with `*` and `**`, whose files Node.js resolves as if there were no map.
    pnp_ignore_patterns: Vec<String> = Vec::new(), "pnp-ignore-patterns", Anyone;
    /// Keep every package as one zip file in the project, so that a clone runs without an install.
    pnp_archives: bool = false, "pnp-archives", Anyone;
    /// Write the data of the map into its program too, and not only beside it.
    pnp_enable_inlining: bool = true, "pnp-enable-inlining", Anyone;
    /// The longest name of a folder of the virtual store.
    virtual_store_dir_max_length: usize = 120, "virtual-store-dir-max-length", Anyone;
    /// The most requests at once to one registry.
    network_concurrency: usize = 64, "network-concurrency", Anyone;
    /// How often a request that failed for a passing reason is tried again.
    fetch_retries: u32 = 2, "fetch-retries", Anyone;
    /// What happens before scripts and commands run where the packages are not what the project asks for: `install`, `warn`,
    /// `error`, `prompt` or `false`.
    verify_deps_before_run: VerifyDeps = VerifyDeps::Install, "verify-deps-before-run", Anyone;
    /// Run `preNAME` and `postNAME` around a script.
    enable_pre_post_scripts: bool = true, "enable-pre-post-scripts", Anyone;
    /// The shell that runs scripts, in place of `/bin/sh`: one that takes `-c` and knows `"$@"`.
    script_shell: Option<PathBuf> = None, "script-shell", User;
    /// Minutes after which `pkg dlx` looks again for a newer version of what it has.
    dlx_cache_max_age: u64 = 1440, "dlx-cache-max-age", User;
    /// What `pkg init` writes for the author: name, address, page.
    init_author_name: String = String::new(), "init-author-name", Anyone;
    /// The author's address.
    init_author_email: String = String::new(), "init-author-email", Anyone;
    /// The author's page.
    init_author_url: String = String::new(), "init-author-url", Anyone;
    /// What `pkg init` writes for the licence.
    init_license: String = "ISC".to_owned(), "init-license", Anyone;
    /// The version of a project that `pkg init` makes.
    init_version: String = "1.0.0".to_owned(), "init-version", Anyone;
    /// The kind of modules of such a project: `commonjs` or `module`.
    init_type: String = "commonjs".to_owned(), "init-type", Anyone;
    /// Whether such a project is never to be published.
    init_private: bool = false, "init-private", Anyone;
    /// Milliseconds without a byte after which a request has failed.
    fetch_timeout: u64 = 30_000, "fetch-timeout", Anyone;
}
