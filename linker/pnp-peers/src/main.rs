//! Holds the answers of another reader of maps, the crate `pnp`, against those of our runtime: for every package of a
//! project and everything that it may see, and a name that nobody has.
//!
//! ```sh
//! cargo run --manifest-path linker/pnp-peers/Cargo.toml -- PROJECT
//! ```

use std::{collections::BTreeMap, env, error::Error, path::Path, process::Command};

use pnp::{Resolution, load_pnp_manifest, resolve_to_unqualified_via_manifest};

/// What our runtime says: a line a question, with the path of the package, the name, and the answer or its error.
const ASK: &str = r#"
const pnp = require(process.argv[1]);
const lines = [];
for (const locator of [pnp.topLevel, ...pnp.getAllLocators()]) {
  const { packageLocation, packageDependencies, discardFromLookup } = pnp.getPackageInformation(locator);
  if (discardFromLookup) continue;
  for (const name of [...packageDependencies.keys(), 'a-name-that-nobody-has']) {
    let answer;
    try { answer = pnp.resolveToUnqualified(name, packageLocation, { considerBuiltins: false }); }
    catch (error) { answer = error.pnpCode; }
    lines.push([packageLocation, name, answer].join('\t'));
  }
}
process.stdout.write(lines.join('\n'));
"#;

fn main() -> Result<(), Box<dyn Error>> {
    let project = env::args().nth(1).ok_or("say which project")?;
    let map = Path::new(&project).canonicalize()?.join(".pnp.cjs");
    let manifest = load_pnp_manifest(&map)?;
    let output = Command::new("node").arg("-e").arg(ASK).arg(&map).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    let text = String::from_utf8(output.stdout)?;
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    let mut differences = 0;
    for line in text.lines() {
        let mut fields = line.split('\t');
        let (Some(location), Some(name), Some(ours)) = (fields.next(), fields.next(), fields.next())
        else {
            return Err(format!("an odd line: {line}").into());
        };
        let theirs = match resolve_to_unqualified_via_manifest(&manifest, name, Path::new(location)) {
            Ok(Resolution::Resolved(path, None)) => path.to_string_lossy().into_owned(),
            Ok(Resolution::Resolved(_, Some(below))) => format!("a path below: {below}"),
            Ok(Resolution::Skipped) => "skipped".to_owned(),
            Err(pnp::Error::UndeclaredDependency(_)) => "UNDECLARED_DEPENDENCY".to_owned(),
            Err(pnp::Error::MissingPeerDependency(_)) => "MISSING_PEER_DEPENDENCY".to_owned(),
            Err(error) => error.to_string(),
        };
        let kind = if ours.starts_with('/') { "found" } else { ours };
        *kinds.entry(kind).or_default() += 1;
        if theirs.trim_end_matches('/') != ours.trim_end_matches('/') {
            differences += 1;
            println!("{location} {name}\n  ours    {ours}\n  theirs  {theirs}");
        }
    }
    println!("{} questions {kinds:?}, {differences} different answers", text.lines().count());
    if differences > 0 {
        return Err("the readers do not agree".into());
    }
    Ok(())
}
