//! OceanBase seekdb: a real single-node OceanBase in MySQL mode, carried by a Python wheel.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use async_trait::async_trait;

use super::words::Words;
use super::{Kind, Place, sql};
use crate::error::{Error, Result};
use crate::{fetch, port};

/// OceanBase seekdb.
#[derive(Debug)]
pub(super) struct Seekdb;

pub(super) static SEEKDB: Seekdb = Seekdb;

const RELEASE: &str = "1.4.0.post1";

/// Parameters that keep an instance small. A caller's option `name=value` of the same name takes the place of
/// one.
const PARAMETERS: [&str; 4] =
    ["datafile_size=2G", "datafile_maxsize=10G", "log_disk_size=4G", "memstore_memory_limit=1G"];

/// It listens on all interfaces and root has no password, so it must admit loopback alone before anything
/// else.
const LOOPBACK_ONLY: &str = "SET GLOBAL ob_tcp_invited_nodes='127.0.0.1'";

#[async_trait]
impl Kind for Seekdb {
    fn name(&self) -> &'static str {
        "seekdb"
    }

    fn variable(&self) -> &'static str {
        "OMS_TEST_SEEKDB"
    }

    fn scheme(&self) -> &'static str {
        "oceanbase"
    }

    fn release(&self) -> String {
        RELEASE.to_owned()
    }

    fn fetch(&self, root: &Path) -> Result<()> {
        fetch::wheel(self.name(), &format!("pylibseekdb=={RELEASE}"), root)?;
        let program = root.join("pylibseekdb/seekdb");
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755))
            .map_err(Error::io("make executable", &program))
    }

    fn initialise(&self, _root: &Path, _data: &Path, _options: &[String]) -> Result<()> {
        Ok(())
    }

    fn has_template(&self) -> bool {
        false
    }

    fn server(&self, place: &Place<'_>) -> Result<Words> {
        let mut words: Words = vec![place.root.join("pylibseekdb/seekdb").into(), "--nodaemon".into()];
        words.extend([
            "--port".into(),
            place.port.to_string().into(),
            "--base-dir".into(),
            place.data.into(),
        ]);
        // Two instances cannot have the default.
        let mut parameters = vec![format!("rpc_port={}", port::free()?)];
        parameters.extend(PARAMETERS.map(str::to_owned));
        for option in place.options {
            match option.split_once('=') {
                Some((name, _)) if !name.starts_with('-') => {
                    parameters.retain(|known| known.split('=').next() != Some(name));
                    parameters.push(option.clone());
                }
                _ => words.push(option.into()),
            }
        }
        for parameter in parameters {
            words.extend(["--parameter".into(), parameter.into()]);
        }
        Ok(words)
    }

    fn client(&self, _root: &Path, _program: &str) -> Option<Words> {
        None
    }

    async fn ask(&self, port: u16, first: bool) -> Result<String> {
        sql::ask(self.name(), port, if first { &[LOOPBACK_ONLY] } else { &[] }).await
    }
}
