//! The checkpoint file keeps the contract of stores.

use std::fs;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use oms_core::Result;
use oms_core::checkpoint::{CheckpointStore, FileCheckpointStore};
use oms_core::error::Chain;
use oms_core::testing::{StoreFixture, store_suite};

struct Folder(PathBuf);

#[async_trait]
impl StoreFixture for Folder {
    async fn store(&mut self) -> Result<Box<dyn CheckpointStore>> {
        Ok(Box::new(FileCheckpointStore::new(&self.0)))
    }
}

#[tokio::test]
async fn the_checkpoint_file_keeps_the_contract() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("store-{}", std::process::id()));
    let result = Box::pin(store_suite(&mut Folder(folder.clone()))).await;
    fs::remove_dir_all(&folder).expect("the suite's folder");
    match result {
        Ok(report) => assert!(report.skipped.is_empty(), "{report}"),
        Err(violation) => panic!("{}", Chain(&violation)),
    }
}
