//! `afterbeep_message`.

use super::error::{Failure, afterbeep_error};
use super::guard;
use super::memory::{copy_text, hand_over, object, read_sized, take_back, write_sized};
use super::status::afterbeep_status;
use super::store::afterbeep_store;
use super::store_failure::{c_text, invalid, message_id, optional, run, switch, time};
use crate::session::EndReason;
use crate::store::{Completion, Cursor, MessageRecord, MessageStore, Query, Status};
use std::ffi::{CString, c_char};
use std::mem::size_of;
use std::ptr;

/// Who handles a message, and how far that has come. Numbers are never reused; 0 is none of them.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::upper_case_acronyms, reason = "these are the names that C sees")]
pub enum afterbeep_message_status {
    /// No agent was named: an administrator allocates it.
    TO_BE_ALLOCATED = 1,
    /// It is an agent's or a queue's, who has not begun with it.
    UNPROCESSED = 2,
    /// An agent is at it.
    PROCESSING = 3,
    /// Done.
    PROCESSED = 4,
    /// The agent who was named is not known: an administrator allocates it.
    ALLOCATION_FAILED = 5,
}

impl From<Status> for afterbeep_message_status {
    fn from(status: Status) -> Self {
        match status {
            Status::ToBeAllocated => Self::TO_BE_ALLOCATED,
            Status::Unprocessed => Self::UNPROCESSED,
            Status::Processing => Self::PROCESSING,
            Status::Processed => Self::PROCESSED,
            Status::AllocationFailed => Self::ALLOCATION_FAILED,
        }
    }
}

/// Stands for any message status, or end reason.
pub const AFTERBEEP_ANY: u32 = 0;

/// Which messages a list has: those that fit all that is set. Only kept ones are in it. The size of this struct is part of the
/// ABI: fields are only appended. Texts are borrowed for the call; NULL (default) is any.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct afterbeep_query {
    /// sizeof(afterbeep_query), set by afterbeep_query_init().
    pub struct_size: u32,
    /// 1: the oldest first; 0 (default): the newest.
    pub oldest_first: u32,
    /// Of this tenant.
    pub tenant: *const c_char,
    /// From this caller.
    pub caller: *const c_char,
    /// Of this agent.
    pub agent: *const c_char,
    /// Of this skill queue.
    pub queue: *const c_char,
    /// From this channel.
    pub channel: *const c_char,
    /// That began at this time or later, in milliseconds since 1970 (UTC); INT64_MIN (default) for any.
    pub from_ms: i64,
    /// That began before this time, likewise; INT64_MAX (default) for any.
    pub until_ms: i64,
    /// This long at least; 0 by default.
    pub min_duration_ms: u64,
    /// This long at most; UINT64_MAX (default) for any.
    pub max_duration_ms: u64,
    /// With this afterbeep_message_status, or AFTERBEEP_ANY (default).
    pub status: u32,
    /// That ended for this afterbeep_end_reason, or AFTERBEEP_ANY (default).
    pub end_reason: u32,
    /// The place behind which the list begins, from afterbeep_page_cursor(); NULL (default) for its beginning.
    pub after: *const c_char,
    /// Messages of a page at most, [1, 10000]; 50 by default.
    pub limit: u32,
    /// Zero.
    pub reserved: u32,
}

/// A message. Texts are valid until its page is destroyed, and NULL where there is none. Times are in milliseconds since
/// 1970 (UTC). The size of this struct is part of the ABI: fields are only appended.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct afterbeep_message {
    /// The size that the caller gave.
    pub struct_size: u32,
    /// 1: it is being recorded, or a crash left it so; what comes from the end is 0 then.
    pub recording: u32,
    /// Whose record it is, in 36 characters.
    pub id: *const c_char,
    /// The tenant.
    pub tenant: *const c_char,
    /// The flow's node.
    pub node_id: *const c_char,
    /// Its name for people.
    pub node_name: *const c_char,
    /// Which recording node holds the file.
    pub location: *const c_char,
    /// Who called.
    pub caller: *const c_char,
    /// The number that was called.
    pub called: *const c_char,
    /// The channel of the call.
    pub channel: *const c_char,
    /// The agent who was named, known or not.
    pub agent: *const c_char,
    /// The skill queue.
    pub queue: *const c_char,
    /// The volume's name.
    pub volume: *const c_char,
    /// Where the file is, relative to it.
    pub path: *const c_char,
    /// SHA-256 of the bytes in the file's data chunk, in 64 hexadecimal digits; NULL for a moment after the end, and where the
    /// file could not be read.
    pub sha256: *const c_char,
    /// The name of the disconnect tone's kind that ended it.
    pub tone: *const c_char,
    /// The key/value data: a JSON object of texts.
    pub data_json: *const c_char,
    /// When the recording began.
    pub started_ms: i64,
    /// When it ended.
    pub ended_ms: i64,
    /// When the sweep deletes it; INT64_MAX for never.
    pub expires_ms: i64,
    /// What the file holds.
    pub duration_ms: u64,
    /// How much of that was spoken; UINT64_MAX where it was not measured.
    pub spoken_ms: u64,
    /// Size of the file.
    pub bytes: u64,
    /// Samples that we lost.
    pub lost_samples: u64,
    /// Samples that the line lost.
    pub line_lost_samples: u64,
    /// Gaps that we made.
    pub gap_count: u64,
    /// afterbeep_message_status.
    pub status: u32,
    /// afterbeep_end_reason, or 0.
    pub end_reason: u32,
    /// The digit that ended it, as its character, or 0.
    pub end_digit: u32,
    /// 1: no sample was lost by us, and the file is whole.
    pub complete: u32,
    /// 1: nothing deletes it.
    pub legal_hold: u32,
    /// 1: a crash had interrupted it; the record was made from the file.
    pub adopted: u32,
}

const QUERY_OLDEST: usize = size_of::<afterbeep_query>();
const MESSAGE_OLDEST: usize = size_of::<afterbeep_message>();

/// A part of a list. It does not change: any number of threads may use it at the same time.
///
/// Methods: afterbeep_store_list(), afterbeep_store_get(); afterbeep_page_size(), _message(), _cursor(), _destroy().
#[derive(Debug)]
pub struct afterbeep_page {
    messages: Vec<(afterbeep_message, Vec<CString>)>,
    next: Option<Cursor>,
}

impl afterbeep_page {
    fn new(messages: &[MessageRecord], next: Option<Cursor>) -> Self {
        Self { messages: messages.iter().map(fields_of).collect(), next }
    }
}

/// A message, and the texts that it points to.
fn fields_of(message: &MessageRecord) -> (afterbeep_message, Vec<CString>) {
    let mut texts = Vec::new();
    let mut text = |text: Option<&str>| {
        let Some(text) = text else { return ptr::null() };
        let text = c_text(text);
        // Its bytes stay where they are when it moves.
        let pointer = text.as_ptr();
        texts.push(text);
        pointer
    };
    let (draft, end) = (&message.draft, message.completion.as_ref());
    let sha256 =
        message.sha256.map(|digest| digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
    // A map of texts has a form in JSON.
    let data = serde_json::to_string(&draft.data).unwrap_or_default();
    let of = |part: fn(&Completion) -> u64| end.map_or(0, part);
    let fields = afterbeep_message {
        struct_size: size_of::<afterbeep_message>() as u32,
        recording: end.is_none().into(),
        id: text(Some(&draft.id.to_string())),
        tenant: text(Some(&draft.tenant)),
        node_id: text(draft.node_id.as_deref()),
        node_name: text(draft.node_name.as_deref()),
        location: text(draft.location.as_deref()),
        caller: text(draft.caller.as_deref()),
        called: text(draft.called.as_deref()),
        channel: text(draft.channel.as_deref()),
        agent: text(draft.agent.as_deref()),
        queue: text(draft.queue.as_deref()),
        volume: text(Some(&draft.volume)),
        path: text(Some(&draft.path)),
        sha256: text(sha256.as_deref()),
        tone: text(end.and_then(|end| end.tone.as_deref())),
        data_json: text(Some(&data)),
        started_ms: draft.started_at.as_millisecond(),
        ended_ms: end.map_or(0, |end| end.ended_at.as_millisecond()),
        expires_ms: message.expires_at.map_or(i64::MAX, |at| at.as_millisecond()),
        duration_ms: of(|end| end.duration_ms),
        spoken_ms: end.and_then(|end| end.spoken_ms).unwrap_or(u64::MAX),
        bytes: of(|end| end.bytes),
        lost_samples: of(|end| end.loss.lost_samples),
        line_lost_samples: of(|end| end.loss.line_lost_samples),
        gap_count: of(|end| end.loss.gap_count),
        status: afterbeep_message_status::from(draft.status) as u32,
        end_reason: end.map_or(0, |end| end.end_reason as u32),
        end_digit: end.and_then(|end| end.end_digit).map_or(0, |digit| digit as u32),
        complete: end.is_some_and(|end| end.complete).into(),
        legal_hold: message.legal_hold.into(),
        adopted: message.adopted.into(),
    };
    (fields, texts)
}

impl Default for afterbeep_query {
    fn default() -> Self {
        Self {
            struct_size: size_of::<Self>() as u32,
            oldest_first: 0,
            tenant: ptr::null(),
            caller: ptr::null(),
            agent: ptr::null(),
            queue: ptr::null(),
            channel: ptr::null(),
            from_ms: i64::MIN,
            until_ms: i64::MAX,
            min_duration_ms: 0,
            max_duration_ms: u64::MAX,
            status: AFTERBEEP_ANY,
            end_reason: AFTERBEEP_ANY,
            after: ptr::null(),
            limit: 50,
            reserved: 0,
        }
    }
}

/// Fills *query with the defaults: all messages, the newest first.
///
/// @param query        out, not NULL.
/// @param struct_size  sizeof(afterbeep_query) as the caller was compiled.
/// @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  query is NULL, or struct_size is less than in 0.1.
/// Thread: [any].  Since: 0.1.
///
/// # Safety
/// `query` has room for `struct_size` bytes.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_query_init(
    query: *mut afterbeep_query,
    struct_size: usize,
) -> afterbeep_status {
    guard(|| {
        let defaults = afterbeep_query { struct_size: struct_size as u32, ..Default::default() };
        // SAFETY: the caller vouches for it.
        unsafe { write_sized(query, struct_size, QUERY_OLDEST, &defaults) }
    })
}

/// What a query asks for, where it begins, and how much at once.
///
/// # Safety
/// `query` is NULL or valid.
pub(super) unsafe fn read_query(
    query: *const afterbeep_query,
) -> Result<(Query, Option<Cursor>, usize), Failure> {
    // SAFETY: the caller vouches for it and its texts.
    unsafe {
        let fields = read_sized(query, QUERY_OLDEST, afterbeep_query::default())?;
        let text = |field, pointer| optional(field, pointer).map(|text| text.map(str::to_owned));
        let after = optional("after", fields.after)?.map(str::parse::<Cursor>).transpose();
        let after = after.map_err(|error| {
            Failure::field(afterbeep_status::INVALID_ARGUMENT, "after", error.to_string())
        })?;
        let status = match fields.status {
            AFTERBEEP_ANY => None,
            number => Some(status_of(number)?),
        };
        let end_reason = match fields.end_reason {
            AFTERBEEP_ANY => None,
            number => Some(
                EndReason::from_number(number)
                    .ok_or_else(|| invalid("end_reason", "an afterbeep_end_reason, or 0"))?,
            ),
        };
        if !(1..=10_000).contains(&fields.limit) || fields.reserved != 0 {
            return Err(invalid("limit", "1 to 10000, and reserved 0"));
        }
        let query = Query {
            tenant: text("tenant", fields.tenant)?,
            from: (fields.from_ms != i64::MIN).then(|| time("from_ms", fields.from_ms)).transpose()?,
            until: (fields.until_ms != i64::MAX).then(|| time("until_ms", fields.until_ms)).transpose()?,
            caller: text("caller", fields.caller)?,
            agent: text("agent", fields.agent)?,
            queue: text("queue", fields.queue)?,
            channel: text("channel", fields.channel)?,
            status,
            end_reason,
            min_duration_ms: (fields.min_duration_ms > 0).then_some(fields.min_duration_ms),
            max_duration_ms: (fields.max_duration_ms < u64::MAX).then_some(fields.max_duration_ms),
            oldest_first: switch("oldest_first", fields.oldest_first)?,
        };
        Ok((query, after, fields.limit as usize))
    }
}

/// The status of a number.
pub(super) fn status_of(number: u32) -> Result<Status, Failure> {
    let known = Status::all().into_iter().find(|&it| afterbeep_message_status::from(it) as u32 == number);
    known.ok_or_else(|| invalid("status", "an afterbeep_message_status"))
}

/// The name of a message's status, as JSON has it: "to_be_allocated", "unprocessed", and so on.
///
/// @param status  any number.
/// @return a static text, never NULL; "unknown" for a number that is no afterbeep_message_status.
/// Thread: [any].  Since: 0.1.
#[unsafe(no_mangle)]
pub extern "C" fn afterbeep_message_status_str(status: u32) -> *const c_char {
    let name = match status_of(status) {
        Ok(Status::ToBeAllocated) => c"to_be_allocated",
        Ok(Status::Unprocessed) => c"unprocessed",
        Ok(Status::Processing) => c"processing",
        Ok(Status::Processed) => c"processed",
        Ok(Status::AllocationFailed) => c"allocation_failed",
        Err(_) => c"unknown",
    };
    name.as_ptr()
}

/// Reads a page of a list.
///
/// @param store     not NULL.
/// @param query     in, not NULL; copied.
/// @param error     out; why it failed; written on failure only. May be NULL.
/// @param out_page  out, not NULL; NULL on failure. Destroy it with afterbeep_page_destroy().
/// @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  a pointer is NULL, a text is not UTF-8, a size is wrong, or a field is out of range.
/// @retval AFTERBEEP_STATUS_STORE_UNAVAILABLE, _STORE_UNUSABLE, _IO  the store cannot be used.
/// @retval AFTERBEEP_STATUS_CLOSED, _FORKED   the store was closed, or is another process's.
/// Thread: [control]; blocks.  Since: 0.1.
///
/// # Safety
/// Each pointer is NULL or valid.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_store_list(
    store: *const afterbeep_store,
    query: *const afterbeep_query,
    error: *mut afterbeep_error,
    out_page: *mut *mut afterbeep_page,
) -> afterbeep_status {
    // SAFETY: the caller vouches for all pointers.
    unsafe {
        run(error, || {
            *object(out_page)? = ptr::null_mut();
            let (query, after, limit) = read_query(query)?;
            let page = afterbeep_store::open(store)?.list(&query, after, limit)?;
            Ok(hand_over(out_page, afterbeep_page::new(&page.messages, page.next))?)
        })
    }
}

/// Counts the messages of a list, exactly up to 10000.
///
/// @param store      not NULL.
/// @param query      in, not NULL; its place and limit do not matter.
/// @param error      out; why it failed; written on failure only. May be NULL.
/// @param out_count  out, not NULL; how many, 10000 at most.
/// @param out_more   out; 1 where there are more than that, else 0. May be NULL.
/// @retval as afterbeep_store_list().
/// Thread: [control]; blocks.  Since: 0.1.
///
/// # Safety
/// Each pointer is NULL or valid.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_store_count(
    store: *const afterbeep_store,
    query: *const afterbeep_query,
    error: *mut afterbeep_error,
    out_count: *mut u64,
    out_more: *mut u32,
) -> afterbeep_status {
    // SAFETY: the caller vouches for all pointers.
    unsafe {
        run(error, || {
            let out_count = object(out_count)?;
            let (query, ..) = read_query(query)?;
            let count = afterbeep_store::open(store)?.count(&query)?;
            *out_count = count.count;
            if let Some(out_more) = out_more.as_mut() {
                *out_more = count.more.into();
            }
            Ok(())
        })
    }
}

/// Reads one message, kept or being recorded, as a page of one.
///
/// @param store     not NULL.
/// @param id        not NULL.
/// @param error     out; why it failed; written on failure only. May be NULL.
/// @param out_page  out, not NULL; NULL on failure. Destroy it with afterbeep_page_destroy().
/// @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  a pointer is NULL, or id is no message's.
/// @retval AFTERBEEP_STATUS_UNKNOWN           there is no such message.
/// @retval otherwise as afterbeep_store_list().
/// Thread: [control]; blocks.  Since: 0.1.
///
/// # Safety
/// Each pointer is NULL or valid.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_store_get(
    store: *const afterbeep_store,
    id: *const c_char,
    error: *mut afterbeep_error,
    out_page: *mut *mut afterbeep_page,
) -> afterbeep_status {
    // SAFETY: the caller vouches for all pointers.
    unsafe {
        run(error, || {
            *object(out_page)? = ptr::null_mut();
            let message = afterbeep_store::open(store)?.get(message_id(id)?)?;
            Ok(hand_over(out_page, afterbeep_page::new(&[message], None))?)
        })
    }
}

/// How many messages a page has.
///
/// @param page  NULL has none.
/// @return the number.
/// Thread: [any].  Since: 0.1.
///
/// # Safety
/// `page` is NULL or valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn afterbeep_page_size(page: *const afterbeep_page) -> usize {
    // SAFETY: the caller vouches for it.
    unsafe { page.as_ref() }.map_or(0, |page| page.messages.len())
}

/// A message of a page.
///
/// @param page         not NULL.
/// @param index        below afterbeep_page_size().
/// @param out_message  out, not NULL; its texts are valid until the page is destroyed.
/// @param struct_size  sizeof(afterbeep_message) as the caller was compiled.
/// @retval AFTERBEEP_STATUS_NONE              the page has no such message.
/// @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  a pointer is NULL, or struct_size is wrong.
/// Thread: [any].  Since: 0.1.
///
/// # Safety
/// `page` is NULL or valid; `out_message` has room for `struct_size` bytes.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_page_message(
    page: *const afterbeep_page,
    index: usize,
    out_message: *mut afterbeep_message,
    struct_size: usize,
) -> afterbeep_status {
    // SAFETY: the caller vouches for both.
    guard(|| unsafe {
        let page = page.as_ref().ok_or(afterbeep_status::INVALID_ARGUMENT)?;
        let (message, _) = page.messages.get(index).ok_or(afterbeep_status::NONE)?;
        let message = afterbeep_message { struct_size: struct_size as u32, ..*message };
        write_sized(out_message, struct_size, MESSAGE_OLDEST, &message)
    })
}

/// Where the next page begins: for a query's `after`. It holds even if messages come or go meanwhile.
///
/// @param page    not NULL.
/// @param buffer  out; the place, NUL-terminated.
/// @param size    room in the buffer; 48 is enough.
/// @retval AFTERBEEP_STATUS_NONE              this is the last page.
/// @retval AFTERBEEP_STATUS_BUFFER_TOO_SMALL  it does not fit.
/// @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  page is NULL.
/// Thread: [any].  Since: 0.1.
///
/// # Safety
/// `page` is NULL or valid; `buffer` is NULL or has room for `size` bytes.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_page_cursor(
    page: *const afterbeep_page,
    buffer: *mut c_char,
    size: usize,
) -> afterbeep_status {
    // SAFETY: the caller vouches for both.
    guard(|| unsafe {
        let page = page.as_ref().ok_or(afterbeep_status::INVALID_ARGUMENT)?;
        let next = page.next.ok_or(afterbeep_status::NONE)?;
        copy_text(next.to_string().as_bytes(), buffer, size, ptr::null_mut())
    })
}

/// Frees a page, and the texts of its messages.
///
/// @param page  NULL does nothing.
/// Thread: [any]; no other call with it may be under way.  Since: 0.1.
///
/// # Safety
/// `page` is NULL, or came from afterbeep_store_list() or _get() and was not destroyed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn afterbeep_page_destroy(page: *mut afterbeep_page) {
    guard(|| {
        // SAFETY: the caller vouches for it.
        unsafe { take_back(page) };
        Ok(())
    });
}
