//! What SQLite leaves of removed rows in its pages, found and overwritten.
//!
//! With `secure_delete` on, SQLite overwrites a row that is deleted and a page that is freed. What it does not
//! overwrite is what rebalancing leaves: when a page's rows are laid out anew, their old copies stay in the gap between
//! the page's pointers and its rows, until the gap is used. So that gap, and the free blocks between rows, are what is
//! looked at here. Rewriting the whole file (`VACUUM`) would do as well, but stops all commits for as long as it takes:
//! ten seconds and more for a gigabyte.
//!
//! The form of pages is SQLite's promise (sqlite.org/fileformat2.html); pages are read and written by its own table of
//! pages, `sqlite_dbpage`, in transactions like everything else.

use std::collections::HashMap;
use std::iter::once;
use std::ops::Range;

use hearken_core::store::Residue;
use rusqlite::{Connection, OptionalExtension as _, params};

/// How many pages one call looks at.
const WINDOW: u64 = 4096;
/// From this many pages on an overflow page could be taken for one that has rows: its first byte is the highest of a
/// page's number. At 4 KiB a page that is 128 GiB.
const MOST_PAGES: u64 = 0x0200_0000;
const READ: &str = "select data from sqlite_dbpage where pgno = ?1";
/// The length of the file's header, on the first page.
const FILE_HEADER: usize = 100;

/// The pages from `from` on that hold something of what was removed.
pub(super) fn residue(connection: &Connection, from: u64) -> rusqlite::Result<Residue> {
    let (pages, free) = (page_count(connection)?, free_pages(connection)?);
    let upto = (from + WINDOW).min(pages);
    // One by one: asked for a range, the table of pages would go through all of them.
    let mut read = connection.prepare_cached(READ)?;
    let mut places = Vec::new();
    for number in from + 1..=upto {
        let holds = |page: &[u8]| {
            let idle = idle_parts(number, page, &free);
            idle.into_iter().any(|part| page[part].iter().any(|byte| *byte != 0))
        };
        if read.query_row([number], |row| Ok(holds(row.get_ref(0)?.as_blob()?))).optional()? == Some(true) {
            places.push(number);
        }
    }
    Ok(Residue { places, next: (upto < pages).then_some(upto) })
}

/// Overwrites what lies idle on these pages, as they are now.
pub(super) fn clean(connection: &Connection, places: &[u64]) -> rusqlite::Result<()> {
    page_count(connection)?;
    let free = free_pages(connection)?;
    let mut read = connection.prepare_cached(READ)?;
    let mut write = connection.prepare_cached("update sqlite_dbpage set data = ?2 where pgno = ?1")?;
    for number in places {
        let page: Option<Vec<u8>> = read.query_row([number], |row| row.get(0)).optional()?;
        let Some(mut page) = page else { continue };
        for part in idle_parts(*number, &page, &free) {
            page[part].fill(0);
        }
        write.execute(params![number, page])?;
    }
    Ok(())
}

fn page_count(connection: &Connection) -> rusqlite::Result<u64> {
    let pages: u64 = connection.pragma_query_value(None, "page_count", |row| row.get(0))?;
    if pages < MOST_PAGES {
        return Ok(pages);
    }
    let what =
        "the store is too large (128 GiB) to be cleaned page by page: stop the server and run VACUUM on it";
    Err(rusqlite::Error::ToSqlConversionFailure(what.into()))
}

/// The pages on SQLite's free list, and from where on each holds nothing.
type Free = HashMap<u64, usize>;

fn free_pages(connection: &Connection) -> rusqlite::Result<Free> {
    let mut read = connection.prepare_cached(READ)?;
    let mut page = |number: u64| read.query_row([number], |row| row.get::<_, Vec<u8>>(0));
    let mut free = Free::new();
    let mut trunk = u64::from(four(&page(1)?, 32));
    // The list lies on some of the pages that it lists.
    while trunk != 0 && !free.contains_key(&trunk) {
        let list = page(trunk)?;
        let count = (four(&list, 4) as usize).min(list.len() / 4 - 2);
        free.extend((0..count).map(|n| (u64::from(four(&list, 8 + 4 * n)), 0)));
        free.insert(trunk, 8 + 4 * count);
        trunk = u64::from(four(&list, 0));
    }
    Ok(free)
}

/// The parts of a page that hold nothing.
fn idle_parts(number: u64, page: &[u8], free: &Free) -> Vec<Range<usize>> {
    match free.get(&number) {
        Some(start) => once(*start..page.len()).collect(),
        None => rows_page(if number == 1 { FILE_HEADER } else { 0 }, page).unwrap_or_default(),
    }
}

/// The gap and the free blocks of a page that has rows; none of one that does not read as such a page.
fn rows_page(start: usize, page: &[u8]) -> Option<Vec<Range<usize>>> {
    let pointers = match page.get(start)? {
        2 | 5 => start + 12,
        10 | 13 => start + 8,
        _ => return None,
    };
    let gap = pointers + 2 * two(page, start + 3)?;
    let content = match two(page, start + 5)? {
        0 => 0x1_0000,
        content => content,
    };
    if gap > content || content > page.len() {
        return None;
    }
    let mut idle: Vec<_> = once(gap..content).collect();
    let (mut block, mut last) = (two(page, start + 1)?, content);
    while block != 0 {
        let (next, length) = (two(page, block)?, two(page, block + 2)?);
        // Blocks come in order, and none is smaller than what it says about itself.
        if block < last || length < 4 || block + length > page.len() {
            return None;
        }
        idle.push(block + 4..block + length);
        (block, last) = (next, block + length);
    }
    Some(idle)
}

fn two(page: &[u8], at: usize) -> Option<usize> {
    Some(usize::from(u16::from_be_bytes(page.get(at..at + 2)?.try_into().ok()?)))
}

fn four(page: &[u8], at: usize) -> u32 {
    let bytes = page.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
    u32::from_be_bytes(bytes.unwrap_or_default())
}
