//! The end of a scenario, kept in a file, so that it is there at once the next time.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use hub_testing::{SavedChain, NATIVE};
use serde::{Deserialize, Serialize};
use serde_json::{json, Value};
use sha2::{Digest, Sha256};

use crate::gas::Snapshot;
use crate::node::Node;
use crate::scenario::Scenario;
use crate::{play, project_file};

/// What is left of a scenario once it has been played.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    /// Of the scenario and of the program that played it.
    key: String,
    scenario: Value,
    chain: SavedChain,
}

impl History {
    /// Plays a scenario, or reads what is left of the last time if neither it nor this program has changed since.
    /// `progress` is told of each day that is played.
    pub fn of(file: &Path, progress: impl Fn(u64)) -> Result<Self> {
        let scenario = Scenario::load(file)?;
        let kept = Self::file(&scenario);
        let key = key(file)?;
        if let Ok(kept) = Self::load(&kept) {
            if kept.key == key {
                return Ok(kept);
            }
        }
        let history = Self::play(&scenario, key, progress)?;
        history.save(&kept)?;
        Ok(history)
    }

    /// Plays a scenario and keeps nothing.
    pub fn play(scenario: &Scenario, key: String, progress: impl Fn(u64)) -> Result<Self> {
        let snapshot = Snapshot::load(&project_file("tests/gas/snapshot.json"))?;
        let played = play(scenario, &snapshot, progress)?;
        Ok(Self {
            key,
            scenario: json!({
                "name": scenario.name,
                "about": scenario.about,
                "days": scenario.days,
                "denom": { "native": NATIVE },
                "operators": played.operators,
            }),
            chain: played.hub.save(),
        })
    }

    /// A node that shows it.
    pub fn node(self) -> Result<Node> {
        Node::new(&self.chain, self.scenario)
    }

    fn file(scenario: &Scenario) -> PathBuf {
        let folder = project_file("target/simulate").join(&scenario.name);
        folder.join("history.json")
    }

    fn load(file: &Path) -> Result<Self> {
        Ok(serde_json::from_slice(&fs::read(file)?)?)
    }

    fn save(&self, file: &Path) -> Result<()> {
        let folder = file.parent().context("a file lies in a folder")?;
        fs::create_dir_all(folder).with_context(|| format!("{}", folder.display()))?;
        // In one step, so that nobody reads half of it.
        let half = file.with_extension(format!("{}.tmp", std::process::id()));
        fs::write(&half, serde_json::to_vec(self)?)
            .with_context(|| format!("{}", half.display()))?;
        fs::rename(&half, file).with_context(|| format!("{}", file.display()))
    }
}

/// Changes with the scenario, with the gas that it counts with, and with everything that this program is made of.
fn key(scenario: &Path) -> Result<String> {
    let program = std::env::current_exe().context("this program has no file")?;
    let snapshot = project_file("tests/gas/snapshot.json");
    let mut hash = Sha256::new();
    for file in [scenario, &snapshot, &program] {
        let bytes = fs::read(file).with_context(|| format!("{}", file.display()))?;
        hash.update((bytes.len() as u64).to_be_bytes());
        hash.update(&bytes);
    }
    Ok(hex::encode(hash.finalize()))
}
