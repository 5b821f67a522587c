//! [`Setup`]: what a project file leads to: servers, state, tables.

use std::path::{Path, PathBuf};

use oms_core::TableName;
use oms_core::mysql::{Catalog, ConnectOptions, Session, SessionOptions, TableKind};
use oms_core::select::{Preview, Selection};
use oms_sinks::mysql::TargetCheckpoints;

use crate::failure::{Failure, Result};
use crate::spec::{Product, Project};
use crate::state::StateStore;

/// What a project file leads to.
#[derive(Debug)]
pub(crate) struct Setup {
    pub(crate) project: Project,
    pub(crate) source: ConnectOptions,
    pub(crate) target: ConnectOptions,
    pub(crate) product: Product,
    pub(crate) state: StateStore,
}

/// The tables that the project selects, as the source has them now.
#[derive(Debug)]
pub(crate) struct Tables {
    pub(crate) selection: Selection,
    pub(crate) preview: Preview,
    /// By the target's name: how many rows the source thinks there are.
    pub(crate) estimates: Vec<(TableName, Option<u64>)>,
}

impl Setup {
    /// Reads the project file and looks passwords up; nothing is connected to.
    pub(crate) fn load(path: &Path, state: Option<PathBuf>) -> Result<Self> {
        let project = Project::load(path)?;
        let folder = path.parent().unwrap_or(Path::new("."));
        let source = project.source.connect_options("source", folder)?;
        let target = project.sink.connect_options("sink", folder)?;
        if project.source.product("source")? != Product::MySql {
            return Err(Failure::config("[source]: only mysql:// is read from so far"));
        }
        let product = project.sink.product("sink")?;
        let state = match state {
            Some(folder) => StateStore::Folder(folder),
            None => StateStore::Target { connect: target.clone(), database: project.state.database.clone() },
        };
        Ok(Self { project, source, target, product, state })
    }

    /// The name under which everything is kept.
    pub(crate) fn name(&self) -> &str {
        &self.project.name
    }

    /// A first session at the source: if it is refused, the project file is wrong.
    pub(crate) async fn source_session(&self) -> Result<Session> {
        Session::connect(&self.source, &SessionOptions::default()).await.map_err(Failure::connecting)
    }

    /// A first session at the target.
    pub(crate) async fn target_session(&self) -> Result<Session> {
        Session::connect(&self.target, &SessionOptions::default()).await.map_err(Failure::connecting)
    }

    /// The checkpoints that the sink keeps with the rows.
    pub(crate) fn checkpoints(&self) -> TargetCheckpoints {
        TargetCheckpoints::new(self.target.clone()).with_database(self.project.state.database.as_str())
    }

    /// The tables that the project selects, as the source has them now.
    pub(crate) async fn tables(&self, session: &mut Session) -> Result<Tables> {
        let selection = self.project.selection(session.server().name_case())?;
        let mut catalog = Catalog::new(session);
        let databases = catalog.databases().await?;
        let names: Vec<&str> = databases
            .iter()
            .map(|database| &*database.name)
            .filter(|name| selection.may_select_from(name))
            .collect();
        let tables = catalog.tables(&names).await?;
        let tables: Vec<_> = tables.into_iter().filter(|table| table.kind == TableKind::Table).collect();
        let preview = selection.preview(tables.iter().map(|table| &table.name));
        let estimate = |name: &TableName| {
            tables.iter().find(|table| table.name == *name).and_then(|table| table.row_estimate)
        };
        let estimates = preview.selected.iter().map(|(from, to)| (to.clone(), estimate(from))).collect();
        Ok(Tables { selection, preview, estimates })
    }
}

impl Tables {
    /// What in the project's objects cannot be meant: every one of them.
    pub(crate) fn problems(&self) -> Vec<String> {
        let has_wild_card = |pattern: &str| pattern.contains(['*', '?', '[']);
        let mut problems = Vec::new();
        for unused in &self.preview.unused {
            if unused.contains(" = ") {
                problems.push(format!("objects.map: {unused}: no selected table has that name"));
            } else if !has_wild_card(unused) {
                problems.push(format!("objects: there is no table {unused} at the source"));
            }
        }
        for (target, sources) in &self.preview.merged {
            let sources: Vec<_> = sources.iter().map(ToString::to_string).collect();
            problems.push(format!("objects.map: {} would all become {target}", sources.join(", ")));
        }
        if self.preview.selected.is_empty() {
            problems.push("objects.include: no table of the source matches".to_owned());
        }
        problems
    }
}
