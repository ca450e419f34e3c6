//! A folder: for this user alone, and nothing left in it of whoever was erased.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, symlink};
use std::path::Path;

use hearken_core::attachments::{AttachmentError, Attachments as _};
use hearken_core::ids::AccountId;
use hearken_store::attachments::{AttachmentPlace, ObjectAttachments};
use uuid::Uuid;

use crate::suite::{self, name, names, words};

fn open(path: &Path) -> Result<ObjectAttachments, AttachmentError> {
    ObjectAttachments::open(&AttachmentPlace::Folder(path.to_owned()), [])
}

fn entries(path: &Path) -> Vec<String> {
    let names = fs::read_dir(path).expect("a folder");
    names.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
}

#[tokio::test]
async fn it_holds_to_the_suite() {
    let folder = tempfile::tempdir().unwrap();
    let place = open(&folder.path().join("deep/er/attachments")).unwrap();
    suite::run(&place).await;
    let left = entries(&folder.path().join("deep/er/attachments"));
    assert_eq!(left, Vec::<String>::new(), "no empty folders either");
}

#[tokio::test]
async fn files_are_for_this_user_alone_and_lie_where_their_names_say() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("attachments");
    let place = open(&root).unwrap();
    place.put(name(1, 2), words("hush")).await.unwrap();
    let file = root.join(name(1, 2).to_string());
    let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o7777;
    assert_eq!((mode(&root), mode(file.parent().unwrap()), mode(&file)), (0o700, 0o700, 0o600));
    assert_eq!(fs::read(&file).unwrap(), b"text/plain; charset=utf-8\nhush");
    assert_eq!(
        entries(file.parent().unwrap()),
        [name(1, 2).id.to_string()],
        "nothing half written beside it"
    );
    assert_eq!(open(&root).unwrap().get(name(1, 2)).await, Ok(Some(words("hush"))));
}

#[tokio::test]
async fn what_a_broken_off_write_left_is_no_attachment_and_goes_with_its_owner() {
    let folder = tempfile::tempdir().unwrap();
    let place = open(folder.path()).unwrap();
    place.put(name(1, 1), words("whole")).await.unwrap();
    let half = folder.path().join(format!("{}#1", name(1, 2)));
    fs::write(&half, "text/plain\nhal").unwrap();
    fs::write(folder.path().join("README"), "not ours").unwrap();
    fs::create_dir(folder.path().join("lost+found")).unwrap();
    fs::write(folder.path().join("lost+found/x"), "not ours").unwrap();
    assert_eq!(names(&place, None).await, [name(1, 1)]);
    assert_eq!(place.get(name(1, 2)).await, Ok(None));
    place.put(name(1, 2), words("again")).await.unwrap();
    assert_eq!(place.get(name(1, 2)).await, Ok(Some(words("again"))));
    assert_eq!(place.delete_all_of(AccountId(Uuid::from_u128(1))).await, Ok(2));
    assert!(!half.exists());
    let mut left = entries(folder.path());
    left.sort();
    assert_eq!(left, ["README", "lost+found"]);
}

#[tokio::test]
async fn what_is_not_as_it_was_written_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let place = open(folder.path()).unwrap();
    place.put(name(1, 1), words("whole")).await.unwrap();
    let file = folder.path().join(name(1, 1).to_string());
    for broken in [Vec::new(), b"no line".to_vec(), b"\n".to_vec(), b"\xff\n".to_vec(), vec![b'x'; 17 << 20]]
    {
        fs::write(&file, &broken).unwrap();
        let refused = place.get(name(1, 1)).await.unwrap_err();
        assert_eq!(refused, AttachmentError::Unavailable("what was read is not what was written".into()));
    }
}

#[tokio::test]
async fn a_folder_that_cannot_be_is_said_on_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let circle = folder.path().join("circle");
    symlink(&circle, &circle).unwrap();
    for path in [&file, &file.join("deeper"), &circle] {
        let refused = open(path).err().map(|error| error.to_string()).unwrap();
        assert!(
            refused.starts_with("the attachments can't be reached: ") && !refused.contains('\n'),
            "{refused}"
        );
    }
    let gone = folder.path().join("gone");
    let place = open(&gone).unwrap();
    fs::remove_dir(&gone).unwrap();
    assert_eq!(names(&place, None).await, []);
    assert!(
        place.check().await.is_err(),
        "a folder that went away is not made again behind the operator's back"
    );
}
