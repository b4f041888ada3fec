//! A knowledge base from a folder.

use std::io::Read as _;
use std::path::Path;

use leadscore::email::{Document, KnowledgeBase};
use leadscore::{Error, ErrorKind};

use crate::in_file;

/// Reads the `.md` and `.json` files of a folder, in the order of their names; folders in it are not read.
///
/// # Errors
/// `not_found` and `io` for the folder and its files; `invalid_knowledge` for a file that is not UTF-8 or too large, and
/// as [`KnowledgeBase::new`].
pub fn read_knowledge(folder: impl AsRef<Path>) -> Result<KnowledgeBase, Error> {
    let folder = folder.as_ref();
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|error| Error::io(folder, error))? {
        let path = entry.map_err(|error| Error::io(folder, error))?.path();
        let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
        if path.is_file() && matches!(ending.as_deref(), Some("md" | "json")) {
            names.push(path);
        }
    }
    names.sort();
    // One more than is allowed is enough to be refused.
    names.truncate(KnowledgeBase::MAX_DOCUMENTS + 1);
    let mut documents = Vec::new();
    for path in names {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut bytes = Vec::new();
        let limit = KnowledgeBase::MAX_DOCUMENT_BYTES as u64 + 1;
        let file = std::fs::File::open(&path).map_err(|error| Error::io(&path, error))?;
        file.take(limit).read_to_end(&mut bytes).map_err(|error| Error::io(&path, error))?;
        let text = if bytes.len() as u64 == limit {
            Ok(String::from_utf8_lossy(&bytes).into_owned())
        } else {
            String::from_utf8(bytes)
        };
        let text =
            text.map_err(|_| in_file(&name, Error::new(ErrorKind::InvalidKnowledge, "", "is not UTF-8")))?;
        documents.push(Document::new(name, text));
    }
    KnowledgeBase::new(documents)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_read_by_the_names_of_its_files() {
        let folder = std::env::temp_dir().join(format!("leadscore-knowledge-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("b.json"), r#"[{"heading": "B", "text": "beta"}]"#).unwrap();
        std::fs::write(folder.join("a.md"), "# A\nalpha").unwrap();
        std::fs::write(folder.join("c.txt"), "not read").unwrap();
        let base = read_knowledge(&folder).unwrap();
        let ids: Vec<&str> = base.passages().iter().map(|passage| passage.id.as_str()).collect();
        assert_eq!(ids, ["a.md#1", "b.json#1"]);
        std::fs::write(folder.join("d.md"), [0xFF, 0xFE]).unwrap();
        assert_eq!(read_knowledge(&folder).unwrap_err().code(), "invalid_knowledge");
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(read_knowledge(&folder).unwrap_err().code(), "not_found");
    }
}
