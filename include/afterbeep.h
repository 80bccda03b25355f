/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Afterbeep: leave a message after the beep. A real-time-safe voice-message recorder.
 *
 * Words.   frame: a run of consecutive mono samples as the line delivers it (20 ms is usual).
 *          sample: one int16_t of linear PCM. session: one message from the beep to its end.
 *          Levels are in dBm0 (a full-scale sine has +3.14), durations in milliseconds, positions in
 *          samples since the session was opened, 0-based, ends exclusive. Texts are UTF-8.
 *
 * Threads. [media]   the one thread that delivers a session's audio. Such calls take no lock, allocate
 *                    nothing and make no system call; their work is bounded by the frame. Two at the
 *                    same time on one session are told apart: the second one is answered BUSY.
 *          [control] any thread; may block.
 *          [any]     any thread, at the same time as anything.
 *
 * Owners.  What _create gives, _destroy frees; what _open gives, _close gives back. _destroy(NULL)
 *          does nothing. Pointers passed in are borrowed for the call. Texts returned are static.
 *
 * Outputs  are the last parameters and written on success only, but for handles, which are NULL or {0}
 *          on failure.
 *
 * Version. Structs and functions are only added to within a major version (a minor one before 1.0);
 *          every struct that may grow begins with its size.
 */


#ifndef AFTERBEEP_H
#define AFTERBEEP_H

/* Generated from src/capi; do not edit. */

#include <stddef.h>
#include <stdint.h>
#if !defined(AFTERBEEP_FREESTANDING) && !defined(AFTERBEEP_HOSTED)
/* Define AFTERBEEP_FREESTANDING for firmware: what needs an operating system is then left out. */
#define AFTERBEEP_HOSTED 1
#endif

#if defined(AFTERBEEP_HOSTED) && !defined(AFTERBEEP_NO_STORE) && !defined(AFTERBEEP_STORE)
/* Define AFTERBEEP_NO_STORE for a library that was built without records of messages. */
#define AFTERBEEP_STORE 1
#endif

#ifndef AFTERBEEP_API
#define AFTERBEEP_API
#endif

/* Warns a caller who ignores a status. */
#if defined(__cplusplus) && __cplusplus >= 201703L
#define AFTERBEEP_NODISCARD [[nodiscard]]
#elif defined(__GNUC__)
#define AFTERBEEP_NODISCARD __attribute__((warn_unused_result))
#else
#define AFTERBEEP_NODISCARD
#endif

/* Lets clang check that real-time code calls nothing else (-Wfunction-effects). */
#if defined(__has_attribute)
#if __has_attribute(nonblocking)
#if defined(__cplusplus)
#define AFTERBEEP_NONBLOCKING noexcept __attribute__((nonblocking))
#else
#define AFTERBEEP_NONBLOCKING __attribute__((nonblocking))
#endif
#endif
#endif
#ifndef AFTERBEEP_NONBLOCKING
#define AFTERBEEP_NONBLOCKING
#endif


/**
 * Major version of this header.
 */
#define AFTERBEEP_VERSION_MAJOR 0

/**
 * Minor version of this header.
 */
#define AFTERBEEP_VERSION_MINOR 1

/**
 * Patch version of this header.
 */
#define AFTERBEEP_VERSION_PATCH 0

/**
 * Memory that is enough for a receiver, of every version with the same SONAME.
 */
#define AFTERBEEP_DTMF_BYTES 1024

/**
 * Room for a field's name in afterbeep_error.
 */
#define AFTERBEEP_ERROR_FIELD_BYTES 32

/**
 * Room for the text in afterbeep_error.
 */
#define AFTERBEEP_ERROR_TEXT_BYTES 320

/**
 * Frequencies that sound at once in a tone, at the most.
 */
#define AFTERBEEP_TONE_FREQUENCIES_MAX 4

/**
 * Pairs of sound and silence in a tone's cycle, at the most.
 */
#define AFTERBEEP_TONE_PAIRS_MAX 8

#if defined(AFTERBEEP_HOSTED)
/**
 * Longest frame that one call takes: a fifth of a second at 48 kHz.
 */
#define AFTERBEEP_FRAME_MAX_SAMPLES 9600

/**
 * Buckets of write_latency_buckets.
 */
#define AFTERBEEP_LATENCY_BUCKETS 24
#endif /* AFTERBEEP_HOSTED */

#if defined(AFTERBEEP_STORE)
/**
 * Room for a message's id, NUL included.
 */
#define AFTERBEEP_MESSAGE_ID_BYTES 37

/**
 * Stands for any message status, or end reason.
 */
#define AFTERBEEP_ANY 0
#endif /* AFTERBEEP_STORE */

/**
 * What a call answers. 0 is success; failures are negative; numbers are never reused.
 */
enum afterbeep_status
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * Done.
   */
  AFTERBEEP_STATUS_OK = 0,
  /**
   * A pointer is NULL, a number names nothing, a text is not UTF-8, or a struct's size is wrong.
   */
  AFTERBEEP_STATUS_INVALID_ARGUMENT = -1,
  /**
   * A field of a configuration is out of range; the error says which, and what it takes.
   */
  AFTERBEEP_STATUS_CONFIG = -2,
  /**
   * The directory does not exist: create it first.
   */
  AFTERBEEP_STATUS_NOT_FOUND = -3,
  /**
   * What should be the directory, or one on the way to the file, is something else: a symbolic link, for example.
   */
  AFTERBEEP_STATUS_NOT_A_DIRECTORY = -4,
  /**
   * A file of that name exists already: choose another name.
   */
  AFTERBEEP_STATUS_EXISTS = -5,
  /**
   * The file name is empty, too long, would leave the directory, or has what no name should have.
   */
  AFTERBEEP_STATUS_FILE_NAME = -6,
  /**
   * The process may not write there.
   */
  AFTERBEEP_STATUS_PERMISSION = -7,
  /**
   * The operating system refused; the error has its number.
   */
  AFTERBEEP_STATUS_IO = -8,
  /**
   * No further session can be open: close one, or raise max_sessions.
   */
  AFTERBEEP_STATUS_FULL = -9,
  /**
   * The message is over; the frame was ignored. Ask for the result and close the session.
   */
  AFTERBEEP_STATUS_ENDED = -10,
  /**
   * More came than could be kept: samples of the recording (the writer is behind; they are declared in the result), or
   * events that nobody polled. Everything goes on.
   */
  AFTERBEEP_STATUS_OVERRUN = -11,
  /**
   * The same call is under way on another thread, or too many requests await the next frame.
   */
  AFTERBEEP_STATUS_BUSY = -12,
  /**
   * The session was closed; its handle is no longer valid.
   */
  AFTERBEEP_STATUS_STALE = -13,
  /**
   * This is no session's handle.
   */
  AFTERBEEP_STATUS_FOREIGN = -14,
  /**
   * The frame is longer than AFTERBEEP_FRAME_MAX_SAMPLES: push it in parts.
   */
  AFTERBEEP_STATUS_FRAME_TOO_LONG = -15,
  /**
   * The message is not finished yet: end it, or wait longer.
   */
  AFTERBEEP_STATUS_NOT_FINISHED = -16,
  /**
   * There is none: no event awaits, or the message has no file.
   */
  AFTERBEEP_STATUS_NONE = -17,
  /**
   * The buffer, or memory, is too small; its call says how to learn what is needed.
   */
  AFTERBEEP_STATUS_BUFFER_TOO_SMALL = -18,
  /**
   * The sample rate is not supported: convert the audio to one that is.
   */
  AFTERBEEP_STATUS_SAMPLE_RATE = -19,
  /**
   * A fault of this library, caught at its boundary. Please report it.
   */
  AFTERBEEP_STATUS_INTERNAL = -20,
  /**
   * The frame came too late, or again: it was dropped, and is counted in the result.
   */
  AFTERBEEP_STATUS_LATE = -21,
  /**
   * The timestamp is minutes ahead, or long past: the frame was taken as what comes next, and the jump is counted.
   */
  AFTERBEEP_STATUS_TIMESTAMP_JUMP = -22,
  /**
   * No file descriptor is left: close sessions, or raise the limit (ulimit -n).
   */
  AFTERBEEP_STATUS_DESCRIPTORS = -23,
  /**
   * The file system has less than min_free_kib left, or no room for one more file.
   */
  AFTERBEEP_STATUS_DISK_SPACE = -24,
  /**
   * The file system does not answer: use another one, or wait until it does.
   */
  AFTERBEEP_STATUS_FILE_SYSTEM_STALLED = -25,
  /**
   * The engine was closed: destroy it.
   */
  AFTERBEEP_STATUS_CLOSED = -26,
  /**
   * The process is a fork of one that had used the library: record in one of them, or run another program here.
   */
  AFTERBEEP_STATUS_FORKED = -27,
  /**
   * The message that was to be continued does not exist.
   */
  AFTERBEEP_STATUS_MESSAGE_MISSING = -28,
  /**
   * The message that was to be continued is being recorded, or its recording was interrupted.
   */
  AFTERBEEP_STATUS_MESSAGE_IN_USE = -29,
  /**
   * The file that was to be continued is no message that this library has finished. It stays as it is.
   */
  AFTERBEEP_STATUS_MESSAGE_FOREIGN = -30,
  /**
   * The message that was to be continued has another format, sample rate or header: it goes on as it began.
   */
  AFTERBEEP_STATUS_MESSAGE_DIFFERENT = -31,
  /**
   * The store cannot be used at present: it is locked, read-only, or its disk is full or fails. Try again.
   */
  AFTERBEEP_STATUS_STORE_UNAVAILABLE = -32,
  /**
   * The store's database is damaged, or a newer version wrote it.
   */
  AFTERBEEP_STATUS_STORE_UNUSABLE = -33,
  /**
   * The directory holds no store: create one.
   */
  AFTERBEEP_STATUS_STORE_MISSING = -34,
  /**
   * The store has no such tenant, volume, message or agent.
   */
  AFTERBEEP_STATUS_UNKNOWN = -35,
  /**
   * The store has such a tenant or volume already, or the tenant's directory is another one's.
   */
  AFTERBEEP_STATUS_TAKEN = -36,
  /**
   * The tenant takes no new messages: it is being deleted, or its volume is gone.
   */
  AFTERBEEP_STATUS_TENANT_CLOSED = -37,
  /**
   * The tenant's recordings fill its quota.
   */
  AFTERBEEP_STATUS_QUOTA_EXCEEDED = -38,
  /**
   * The message's status cannot become that one.
   */
  AFTERBEEP_STATUS_TRANSITION = -39,
  /**
   * A legal hold keeps the message, or messages of the tenant.
   */
  AFTERBEEP_STATUS_HELD = -40,
  /**
   * Messages of the tenant are being recorded: end them first.
   */
  AFTERBEEP_STATUS_RECORDING = -41,
  /**
   * The flow variable holds no string, and is to receive one.
   */
  AFTERBEEP_STATUS_VARIABLE = -42,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum afterbeep_status afterbeep_status;
#else
typedef int32_t afterbeep_status;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

#if defined(AFTERBEEP_HOSTED)
/**
 * How samples are stored.
 */
enum afterbeep_format
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * 16-bit linear PCM, two bytes a sample.
   */
  AFTERBEEP_FORMAT_PCM16 = 1,
  /**
   * ITU-T G.711 A-law, one byte a sample. What an A-law line delivered is stored byte for byte.
   */
  AFTERBEEP_FORMAT_ALAW = 2,
  /**
   * ITU-T G.711 µ-law, one byte a sample. What a µ-law line delivered is stored byte for byte, its negative zero
   * (0x7F) where the line is decoded exactly (`line::g711::ulaw_decode_exact`, `afterbeep_ulaw_decode_exact`).
   */
  AFTERBEEP_FORMAT_ULAW = 3,
  /**
   * IMA ADPCM (WAVE format 0x11), about four bits a sample, in blocks.
   */
  AFTERBEEP_FORMAT_IMA_ADPCM = 4,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum afterbeep_format afterbeep_format;
#else
typedef uint32_t afterbeep_format;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus
#endif /* AFTERBEEP_HOSTED */

/**
 * What was cut off a message's end.
 */
enum afterbeep_cut
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * Nothing.
   */
  AFTERBEEP_CUT_NOTHING = 0,
  /**
   * The terminating key and what followed it.
   */
  AFTERBEEP_CUT_KEY = 1,
  /**
   * The silence that ended it, less the tail that is kept.
   */
  AFTERBEEP_CUT_SILENCE = 2,
  /**
   * The disconnect tone, from its first cycle on.
   */
  AFTERBEEP_CUT_TONE = 3,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum afterbeep_cut afterbeep_cut;
#else
typedef uint32_t afterbeep_cut;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Where a digit came from. A press that comes both ways is told once, by the way that came first.
 */
enum afterbeep_digit_source
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * Its tones were heard.
   */
  AFTERBEEP_DIGIT_SOURCE_HEARD = 1,
  /**
   * It was signalled: RFC 4733, SIP INFO.
   */
  AFTERBEEP_DIGIT_SOURCE_SIGNALLED = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum afterbeep_digit_source afterbeep_digit_source;
#else
typedef uint32_t afterbeep_digit_source;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

#if defined(AFTERBEEP_HOSTED)
/**
 * What a message survives, and from when on. A killed process never costs more than the last batch; what a power cut
 * costs, the level says. `docs/operations.md` has the table.
 */
enum afterbeep_durability
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * Nothing is synced: the operating system writes when it likes, by default within about 30 s.
   */
  AFTERBEEP_DURABILITY_CACHE = 1,
  /**
   * Each file system is synced once in `sync_interval_ms`, by one `syncfs` on a thread of its own.
   */
  AFTERBEEP_DURABILITY_INTERVAL = 2,
  /**
   * The same; and the file, its name and its directory are synced before the message is reported as finished.
   */
  AFTERBEEP_DURABILITY_CLOSE = 3,
  /**
   * The same at the end; and the file is synced after each batch.
   */
  AFTERBEEP_DURABILITY_BATCH = 4,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum afterbeep_durability afterbeep_durability;
#else
typedef uint32_t afterbeep_durability;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus
#endif /* AFTERBEEP_HOSTED */

/**
 * Why a message ended. Numbers are part of the C ABI: never reused, never renumbered.
 */
enum afterbeep_end_reason
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * A terminator digit, heard or signalled.
   */
  AFTERBEEP_END_REASON_DTMF = 1,
  /**
   * Silence for as long as configured after the caller spoke.
   */
  AFTERBEEP_END_REASON_FINAL_SILENCE = 2,
  /**
   * The caller did not speak for as long as configured.
   */
  AFTERBEEP_END_REASON_INITIAL_SILENCE = 3,
  /**
   * The message reached its maximum duration.
   */
  AFTERBEEP_END_REASON_MAX_DURATION = 4,
  /**
   * The caller hung up; the message is kept.
   */
  AFTERBEEP_END_REASON_HANGUP = 5,
  /**
   * The host stopped the recording; the message is kept.
   */
  AFTERBEEP_END_REASON_STOPPED = 6,
  /**
   * A tone on the line said that the caller had gone: busy, congestion, dial tone and so on.
   */
  AFTERBEEP_END_REASON_DISCONNECT_TONE = 7,
  /**
   * The message is shorter than the configured minimum.
   */
  AFTERBEEP_END_REASON_TOO_SHORT = 8,
  /**
   * The host stopped delivering audio; what came is kept.
   */
  AFTERBEEP_END_REASON_MEDIA_TIMEOUT = 9,
  /**
   * The host cancelled the recording; the message is deleted.
   */
  AFTERBEEP_END_REASON_CANCELLED = 10,
  /**
   * The disk was full, and stayed full for too long; what was written is kept.
   */
  AFTERBEEP_END_REASON_DISK_FULL = 11,
  /**
   * The file could not be written, or not be given its name; what was written is kept.
   */
  AFTERBEEP_END_REASON_WRITE_ERROR = 12,
  /**
   * A fault of the host's, or an internal one; what was written is kept.
   */
  AFTERBEEP_END_REASON_ERROR = 13,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum afterbeep_end_reason afterbeep_end_reason;
#else
typedef uint32_t afterbeep_end_reason;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

#if defined(AFTERBEEP_HOSTED)
/**
 * Why samples were lost.
 */
enum afterbeep_gap_cause
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * Samples came faster than the writer could take them: silence stands in their place.
   */
  AFTERBEEP_GAP_CAUSE_RING_FULL = 1,
  /**
   * A writer had stalled in the file system: silence stands in their place.
   */
  AFTERBEEP_GAP_CAUSE_DISK_STALLED = 2,
  /**
   * The disk failed: the file ends before them.
   */
  AFTERBEEP_GAP_CAUSE_DISK_ERROR = 3,
  /**
   * The disk was full: silence stands in their place, or the file ends before them.
   */
  AFTERBEEP_GAP_CAUSE_DISK_FULL = 4,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum afterbeep_gap_cause afterbeep_gap_cause;
#else
typedef uint32_t afterbeep_gap_cause;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What a file's header has beside what every WAV file needs.
 */
enum afterbeep_header_style
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * Room to become RF64 past 4 GiB, a marker while the file is recorded, by which an interrupted recording is found,
   * and metadata if given.
   */
  AFTERBEEP_HEADER_STYLE_FULL = 1,
  /**
   * Nothing: 44 bytes for PCM, 58 for G.711, 60 for IMA ADPCM. Such a file ends at 4 GiB, has no metadata, and does
   * not tell that its recording was interrupted.
   */
  AFTERBEEP_HEADER_STYLE_PLAIN = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum afterbeep_header_style afterbeep_header_style;
#else
typedef uint32_t afterbeep_header_style;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What becomes of a message that its file cannot hold.
 */
enum afterbeep_large_file
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * Past 4 GiB the file becomes RF64, in place: `docs/files.md` says who reads that. With the full header only.
   */
  AFTERBEEP_LARGE_FILE_RF64 = 1,
  /**
   * The message goes on in further files, `NAME_0002.wav` behind `NAME.wav`, up to `NAME_9999.wav`: none of them passes
   * `max_file_kib`, or 4 GiB. No sample is lost or doubled between two of them. All are named at the end.
   */
  AFTERBEEP_LARGE_FILE_SPLIT = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum afterbeep_large_file afterbeep_large_file;
#else
typedef uint32_t afterbeep_large_file;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus
#endif /* AFTERBEEP_HOSTED */

/**
 * What a pause leaves in the recording.
 */
enum afterbeep_pause_mode
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * Silence of the same length: limits of duration go on.
   */
  AFTERBEEP_PAUSE_MODE_SILENCE = 1,
  /**
   * Nothing: limits stand still.
   */
  AFTERBEEP_PAUSE_MODE_GAP = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum afterbeep_pause_mode afterbeep_pause_mode;
#else
typedef uint32_t afterbeep_pause_mode;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Where a session stands.
 */
enum afterbeep_state
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * The beep plays; what the caller says is not recorded.
   */
  AFTERBEEP_STATE_BEEP = 1,
  /**
   * The beep's echo may still arrive; what arrives is dropped.
   */
  AFTERBEEP_STATE_ECHO_GUARD = 2,
  /**
   * The caller's audio is recorded.
   */
  AFTERBEEP_STATE_RECORDING = 3,
  /**
   * The message is over; nothing changes any more.
   */
  AFTERBEEP_STATE_ENDED = 4,
  /**
   * The first sound starts the recording.
   */
  AFTERBEEP_STATE_AWAITING_SPEECH = 5,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum afterbeep_state afterbeep_state;
#else
typedef uint32_t afterbeep_state;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What a tone on the line means (ITU-T E.180). The numbers are part of the C ABI.
 */
enum afterbeep_tone_kind
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * The other side is engaged, or has hung up.
   */
  AFTERBEEP_TONE_KIND_BUSY = 1,
  /**
   * No path through the network; reorder or fast busy in North America.
   */
  AFTERBEEP_TONE_KIND_CONGESTION = 2,
  /**
   * The number is not in use.
   */
  AFTERBEEP_TONE_KIND_NUMBER_UNOBTAINABLE = 3,
  /**
   * The exchange waits for digits: the caller's side has hung up.
   */
  AFTERBEEP_TONE_KIND_DIAL = 4,
  /**
   * A receiver was left off the hook.
   */
  AFTERBEEP_TONE_KIND_HOWLER = 5,
  /**
   * Three rising tones before an announcement.
   */
  AFTERBEEP_TONE_KIND_SPECIAL_INFORMATION = 6,
  /**
   * The other side is rung.
   */
  AFTERBEEP_TONE_KIND_RINGBACK = 7,
  /**
   * A second call waits.
   */
  AFTERBEEP_TONE_KIND_CALL_WAITING = 8,
  /**
   * A fax machine calls (CNG, ITU-T T.30).
   */
  AFTERBEEP_TONE_KIND_FAX_CALLING = 9,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum afterbeep_tone_kind afterbeep_tone_kind;
#else
typedef uint32_t afterbeep_tone_kind;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Whose words an end reason is told in.
 */
enum afterbeep_vocabulary
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * `RECORD_STATUS` of Asterisk's `Record()`.
   */
  AFTERBEEP_VOCABULARY_ASTERISK = 1,
  /**
   * `termmode` of an IVR dialog (RFC 6231).
   */
  AFTERBEEP_VOCABULARY_RFC6231 = 2,
  /**
   * `Completion-Cause` of an MRCP recorder (RFC 6787).
   */
  AFTERBEEP_VOCABULARY_MRCP = 3,
  /**
   * What VoiceXML's `<record>` ends with: a shadow variable, or an event.
   */
  AFTERBEEP_VOCABULARY_VOICE_XML = 4,
  /**
   * Dialogic's termination mask.
   */
  AFTERBEEP_VOCABULARY_DIALOGIC = 5,
  /**
   * The branch that a call flow takes, where it is not the next one.
   */
  AFTERBEEP_VOCABULARY_FLOW_BRANCH = 6,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum afterbeep_vocabulary afterbeep_vocabulary;
#else
typedef uint32_t afterbeep_vocabulary;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

#if defined(AFTERBEEP_STORE)
/**
 * Where the flow goes on.
 */
enum afterbeep_branch
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * The element has done its work; the caller is still there.
   */
  AFTERBEEP_BRANCH_NEXT = 1,
  /**
   * The caller has gone: the flow ends.
   */
  AFTERBEEP_BRANCH_HANGUP = 2,
  /**
   * An internal error: SYSERROR_INNER.
   */
  AFTERBEEP_BRANCH_ERROR = 3,
  /**
   * The same, where the element has no branch for it: the flow's exception handling gets it.
   */
  AFTERBEEP_BRANCH_EXCEPTION = 4,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum afterbeep_branch afterbeep_branch;
#else
typedef uint32_t afterbeep_branch;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus
#endif /* AFTERBEEP_STORE */

#if defined(AFTERBEEP_HOSTED)
/**
 * What an engine's event tells. Numbers are never reused; skip those that you do not know.
 */
enum afterbeep_engine_event_type
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * The message is finished: ask for its result by afterbeep_session_result().
   */
  AFTERBEEP_ENGINE_EVENT_TYPE_FINISHED = 1,
  /**
   * The session told something: take it by afterbeep_session_poll_event() until there is none.
   */
  AFTERBEEP_ENGINE_EVENT_TYPE_SESSION_EVENTS = 2,
  /**
   * An operation on the session's file has not returned for writer_stall_ms. Other sessions go on with a spare
   * writer; those of the same file system with one of their own.
   */
  AFTERBEEP_ENGINE_EVENT_TYPE_WRITER_STALLED = 3,
  /**
   * As many writers as may be are stalled in the file system of this session: its sessions wait, and no more are
   * opened there.
   */
  AFTERBEEP_ENGINE_EVENT_TYPE_FILE_SYSTEM_STALLED = 4,
  /**
   * The operation on the session's file that had stalled has returned.
   */
  AFTERBEEP_ENGINE_EVENT_TYPE_WRITER_RETURNED = 5,
  /**
   * The file system of this session has no room for what its sessions are about to write, or the quota is used up.
   * They hold what they have for full_hold_ms, and go on when there is room again.
   */
  AFTERBEEP_ENGINE_EVENT_TYPE_DISK_FULL = 6,
  /**
   * There is room again on the file system of this session.
   */
  AFTERBEEP_ENGINE_EVENT_TYPE_DISK_RESUMED = 7,
  /**
   * The session's file cannot be written, or not be given its name: the message ends with what was written.
   */
  AFTERBEEP_ENGINE_EVENT_TYPE_WRITE_FAILED = 8,
  /**
   * The session's file, or the file system that it is on, could not be synced. What was written since the last sync
   * that succeeded may be lost though no power fails; the results of the messages concerned say so.
   */
  AFTERBEEP_ENGINE_EVENT_TYPE_SYNC_FAILED = 9,
  /**
   * A message was left: its record is kept in the store, its file finished.
   */
  AFTERBEEP_ENGINE_EVENT_TYPE_MESSAGE_COMPLETED = 10,
  /**
   * A message was allocated to an agent after that.
   */
  AFTERBEEP_ENGINE_EVENT_TYPE_MESSAGE_ALLOCATED = 11,
  /**
   * A message is gone, file and record.
   */
  AFTERBEEP_ENGINE_EVENT_TYPE_MESSAGE_DELETED = 12,
  /**
   * A call left nothing: message_id is the one that its message would have had.
   */
  AFTERBEEP_ENGINE_EVENT_TYPE_MESSAGE_ABSENT = 13,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum afterbeep_engine_event_type afterbeep_engine_event_type;
#else
typedef uint32_t afterbeep_engine_event_type;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus
#endif /* AFTERBEEP_HOSTED */

#if defined(AFTERBEEP_STORE)
/**
 * Who handles a message, and how far that has come. Numbers are never reused; 0 is none of them.
 */
enum afterbeep_message_status
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * No agent was named: an administrator allocates it.
   */
  AFTERBEEP_MESSAGE_STATUS_TO_BE_ALLOCATED = 1,
  /**
   * It is an agent's or a queue's, who has not begun with it.
   */
  AFTERBEEP_MESSAGE_STATUS_UNPROCESSED = 2,
  /**
   * An agent is at it.
   */
  AFTERBEEP_MESSAGE_STATUS_PROCESSING = 3,
  /**
   * Done.
   */
  AFTERBEEP_MESSAGE_STATUS_PROCESSED = 4,
  /**
   * The agent who was named is not known: an administrator allocates it.
   */
  AFTERBEEP_MESSAGE_STATUS_ALLOCATION_FAILED = 5,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum afterbeep_message_status afterbeep_message_status;
#else
typedef uint32_t afterbeep_message_status;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus
#endif /* AFTERBEEP_STORE */

#if defined(AFTERBEEP_HOSTED)
/**
 * What became of an interrupted recording. Numbers are never reused.
 */
enum afterbeep_repair_outcome
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * It is whole now, and has its name.
   */
  AFTERBEEP_REPAIR_OUTCOME_REPAIRED = 1,
  /**
   * It was whole; it has its name now.
   */
  AFTERBEEP_REPAIR_OUTCOME_RENAMED = 2,
  /**
   * It held no sample, and is gone.
   */
  AFTERBEEP_REPAIR_OUTCOME_REMOVED = 3,
  /**
   * It is whole now, but a file of its name exists: it keeps its ".part".
   */
  AFTERBEEP_REPAIR_OUTCOME_NAME_TAKEN = 4,
  /**
   * Somebody records it, or repairs it, at this moment.
   */
  AFTERBEEP_REPAIR_OUTCOME_IN_USE = 5,
  /**
   * It could not be repaired, nothing of it is lost.
   */
  AFTERBEEP_REPAIR_OUTCOME_FAILED = 6,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum afterbeep_repair_outcome afterbeep_repair_outcome;
#else
typedef uint32_t afterbeep_repair_outcome;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What an event tells. Numbers are never reused; skip those that you do not know.
 */
enum afterbeep_session_event_type
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * A digit that did not end the message.
   */
  AFTERBEEP_SESSION_EVENT_TYPE_DIGIT = 1,
  /**
   * A call-progress tone that does not end one: ringback, call waiting, a fax that calls.
   */
  AFTERBEEP_SESSION_EVENT_TYPE_TONE = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum afterbeep_session_event_type afterbeep_session_event_type;
#else
typedef uint32_t afterbeep_session_event_type;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What separates silence from sound.
 */
enum afterbeep_silence_mode
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * A level in dBm0 that stays.
   */
  AFTERBEEP_SILENCE_MODE_FIXED = 1,
  /**
   * A level that follows the line's noise.
   */
  AFTERBEEP_SILENCE_MODE_ADAPTIVE = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum afterbeep_silence_mode afterbeep_silence_mode;
#else
typedef uint32_t afterbeep_silence_mode;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus
#endif /* AFTERBEEP_HOSTED */

#if defined(AFTERBEEP_STORE)
/**
 * A sweep that comes each day at its hour, from a thread of its own.
 *
 * Methods: afterbeep_daily_sweep_create(), _destroy().
 */
typedef struct afterbeep_daily_sweep afterbeep_daily_sweep;
#endif /* AFTERBEEP_STORE */

/**
 * A DTMF receiver (ITU-T Q.23, Q.24) for 8000 Hz. It lives in the caller's memory, owns nothing else, and needs no
 * operating system: it is gone when the memory is.
 *
 * Methods: afterbeep_dtmf_size(), _init(), _push(), _push_lost(), _finish(), _poll().
 */
typedef struct afterbeep_dtmf afterbeep_dtmf;

#if defined(AFTERBEEP_STORE)
/**
 * An element whose message is being recorded, or was. For one thread at a time.
 *
 * Methods: afterbeep_element_begin(), afterbeep_element_call_session(), _message_id(), _finish(), _destroy().
 */
typedef struct afterbeep_element_call afterbeep_element_call;

/**
 * Runs elements on an engine and a store, and writes their records from a thread of its own. One serves any number of calls,
 * from any threads at the same time, but no media thread.
 *
 * Methods: afterbeep_element_runner_create(), _flush(), _statistics(), _destroy(); afterbeep_element_begin().
 */
typedef struct afterbeep_element_runner afterbeep_element_runner;
#endif /* AFTERBEEP_STORE */

#if defined(AFTERBEEP_HOSTED)
/**
 * Opens sessions and writes their files.
 *
 * Methods: afterbeep_engine_create(), _poll_event(), _wait_event(), _event_fd(), _set_event_callback(), _statistics(),
 * _prometheus(), _close(), _unfinished_path(), _destroy(); afterbeep_session_open().
 */
typedef struct afterbeep_engine afterbeep_engine;
#endif /* AFTERBEEP_HOSTED */

#if defined(AFTERBEEP_STORE)
/**
 * A Leave Message element of a flow. It does not change: any number of threads may use it at the same time.
 *
 * Methods: afterbeep_leave_message_create(), _create_from_json(), _destroy(); afterbeep_element_begin().
 */
typedef struct afterbeep_leave_message afterbeep_leave_message;

/**
 * A part of a list. It does not change: any number of threads may use it at the same time.
 *
 * Methods: afterbeep_store_list(), afterbeep_store_get(); afterbeep_page_size(), _message(), _cursor(), _destroy().
 */
typedef struct afterbeep_page afterbeep_page;
#endif /* AFTERBEEP_STORE */

#if defined(AFTERBEEP_HOSTED)
/**
 * Tells silence from sound by level, for 8000 Hz.
 *
 * Methods: afterbeep_silence_create(), _create_like(), _push(), _state(), _destroy().
 */
typedef struct afterbeep_silence afterbeep_silence;
#endif /* AFTERBEEP_HOSTED */

#if defined(AFTERBEEP_STORE)
/**
 * Records of messages, tenants, volumes and agents: one SQLite database. Any number of threads and programs may use one
 * at the same time. All calls block on the disk; none belongs on a media thread.
 *
 * Methods: afterbeep_store_create(), _close(), _destroy(); _add_tenant(), _tenants(), _delete_tenant(); _add_volume(),
 * _move_volume(), _volumes(); _import_agents(), _agents(); _list(), _count(), _get(), _history(), _open_audio(), _export();
 * _allocate(), _set_status(), _set_data(), _set_hold(), _delete(); _sweep(), _adopt(), _tell_engine().
 */
typedef struct afterbeep_store afterbeep_store;

/**
 * The variables of a call flow, by name: texts, numbers and booleans. For one thread at a time.
 *
 * Methods: afterbeep_variables_create(), _set_text(), _set_number(), _set_boolean(), _get(), _name(), _destroy().
 */
typedef struct afterbeep_variables afterbeep_variables;
#endif /* AFTERBEEP_STORE */

/**
 * What a DTMF receiver has to accept and to reject, as ITU-T Q.24, table A-1, puts it. Its limits of level and time lie in
 * between, those of frequency and twist close to what is accepted. The size of this struct is part of the ABI: fields are only appended.
 */
typedef struct afterbeep_dtmf_profile {
  /**
   * sizeof(afterbeep_dtmf_profile), set by afterbeep_dtmf_profile_init().
   */
  uint32_t struct_size;
  /**
   * Frequency deviation to accept, in per cent, [0.5, 2.25]; 1.8 by default.
   */
  float accept_deviation_percent;
  /**
   * The same in hertz, added to the per cent, [0, 8], both together at most 37 Hz at 1633 Hz; 0 by default.
   */
  float accept_deviation_hz;
  /**
   * Frequency deviation to reject, in per cent, [half a per cent more than is accepted, 10]; 3 by default.
   */
  float reject_deviation_percent;
  /**
   * Lowest level of each tone to accept, in dBm0, [-45, -10]; -27 by default.
   */
  float accept_level_dbm0;
  /**
   * Highest level of each tone to reject, in dBm0, [-80, 3 dB below the accepted one]; -55 by default.
   */
  float reject_level_dbm0;
  /**
   * Level of the low tone above the high one to accept, in decibels, [0, 10]; 8 by default.
   */
  float normal_twist_db;
  /**
   * Level of the high tone above the low one to accept, in decibels, [0, 10]; 4 by default.
   */
  float reverse_twist_db;
  /**
   * Shortest tone to accept, in milliseconds, [35, 200]; 40 by default.
   */
  uint32_t accept_tone_ms;
  /**
   * Longest tone to reject, in milliseconds, [1, 10 less than is accepted]; 22 by default.
   */
  uint32_t reject_tone_ms;
  /**
   * Shortest pause that separates digits, in milliseconds, [25, 200]; 30 by default.
   */
  uint32_t accept_pause_ms;
  /**
   * Longest interruption to ride over, in milliseconds, [1, 10 less than a pause]; 20 by default.
   */
  uint32_t interruption_ms;
  /**
   * 1 accepts tones at the limits of both deviations and of twist all at once, as the standards strictly have it; 0
   * (default) cuts the outermost corners off, where speech that passes for digits mostly lies.
   */
  uint32_t whole_corners;
  /**
   * 1 takes dial tone (350 to 475 Hz) out before anything is measured; 0 (default) leaves it. Without it digits are
   * received over dial tone 10 dB below them, with it over dial tone 12 dB above. A session takes 0 only.
   */
  uint32_t dial_tone_filter;
} afterbeep_dtmf_profile;

/**
 * Why something could not be created or opened. The size of this struct is part of the ABI.
 */
typedef struct afterbeep_error {
  /**
   * The status that the call answered.
   */
  int32_t status;
  /**
   * The operating system's number (errno), or 0.
   */
  int32_t os_error;
  /**
   * The configuration's field that is out of range, or "".
   */
  char field[AFTERBEEP_ERROR_FIELD_BYTES];
  /**
   * What was wrong and what to do, in English, cut to the size. A path in it is as given.
   */
  char text[AFTERBEEP_ERROR_TEXT_BYTES];
} afterbeep_error;

/**
 * What a DTMF receiver reports. The size of this struct is part of the ABI.
 */
typedef struct afterbeep_dtmf_event {
  /**
   * First sample of the tone, 0-based, counted from the first one pushed.
   */
  uint64_t start_sample;
  /**
   * First sample after the tone; 0 while it still sounds.
   */
  uint64_t end_sample;
  /**
   * Level of the stronger of the two tones, in dBm0.
   */
  float level_dbm0;
  /**
   * Level of the high tone less that of the low one, in decibels.
   */
  float twist_db;
  /**
   * '0' to '9', '*', '#', 'A' to 'D'.
   */
  char digit;
  /**
   * 1 when the tone has ended, 0 when it was recognised and may still sound. Each digit gives both.
   */
  uint8_t ended;
} afterbeep_dtmf_event;

/**
 * One packet of an RTP telephone event (RFC 4733). The size of this struct is part of the ABI.
 */
typedef struct afterbeep_telephone_event {
  /**
   * The packet's RTP timestamp: where the event began. All packets of an event have the same one.
   */
  uint32_t rtp_timestamp;
  /**
   * Duration so far in timestamp units of a sample of the line; convert it where the event's clock has another rate.
   */
  uint16_t duration;
  /**
   * The event's code: 0 to 9, '*' 10, '#' 11, 'A' to 'D' 12 to 15; others are no digits, and do nothing.
   */
  uint8_t event;
  /**
   * Power level of the tone in dBm0, its sign dropped, [0, 63].
   */
  uint8_t volume;
  /**
   * The E bit: 1 when the event is over.
   */
  uint8_t end;
  /**
   * Zero.
   */
  uint8_t reserved[3];
} afterbeep_telephone_event;

#if defined(AFTERBEEP_HOSTED)
/**
 * How an engine works. The size of this struct is part of the ABI: fields are only appended.
 */
typedef struct afterbeep_engine_config {
  /**
   * sizeof(afterbeep_engine_config), set by afterbeep_engine_config_init().
   */
  uint32_t struct_size;
  /**
   * Threads that write files, [1, 64]; 1 by default.
   */
  uint32_t writer_threads;
  /**
   * Sessions open at once, [1, 65536]; 10000 by default.
   */
  uint32_t max_sessions;
  /**
   * How often a writer looks after its sessions, in milliseconds, [1, 1000], at most half of ring_ms; 20 by
   * default.
   */
  uint32_t poll_interval_ms;
  /**
   * Audio that is worth a write, in milliseconds, [20, 60000], at most half of ring_ms; 900 by default.
   */
  uint32_t batch_ms;
  /**
   * Audio that a session's ring holds, in milliseconds, [100, 600000]; 2000 by default.
   */
  uint32_t ring_ms;
  /**
   * How long a host may deliver no audio, neither frames nor losses, before the session ends as
   * AFTERBEEP_END_REASON_MEDIA_TIMEOUT, in milliseconds of wall time, 0 for ever, or [100, 3600000]; 60000 by
   * default.
   */
  uint32_t media_timeout_ms;
  /**
   * How long audio may await a write, in milliseconds of wall time, [20, 60000]; 900 by default. What a killed
   * process loses of each message is at most this and one poll interval.
   */
  uint32_t batch_age_ms;
  /**
   * How long a writer may take for one file before a spare one takes its place, in milliseconds, [100, 60000];
   * 750 by default: with the default ring and batch the other sessions then lose nothing.
   */
  uint32_t writer_stall_ms;
  /**
   * How many writers may be stalled in one file system, each in a file of its own, before it is declared
   * stalled, [1, 64]; 4 by default. Its sessions then wait, and no more are opened there.
   */
  uint32_t spare_writers;
  /**
   * Free space below which no session is opened on a file system, in KiB; 16 by default.
   */
  uint32_t min_free_kib;
  /**
   * What messages survive, where their session does not say: afterbeep_durability; AFTERBEEP_DURABILITY_INTERVAL by
   * default.
   */
  uint32_t durability;
  /**
   * How often a file system is synced, in milliseconds, [100, 60000]; 1000 by default. What a power cut costs of a
   * message that is being recorded is at most this, batch_age_ms, a poll interval and the time that the sync takes.
   */
  uint32_t sync_interval_ms;
  /**
   * Room that a file reserves ahead of its audio, in KiB, [0, 65536]; 256 by default, 16 s of 16-bit PCM at 8 kHz. Never
   * beyond the message's maximum duration, nor more at once than a 64th of what is free; what is not used is given
   * back.
   */
  uint32_t preallocate_kib;
  /**
   * How long a session waits for room where the disk is full, in milliseconds, [0, 3600000]; 5000 by default. Then it
   * ends as AFTERBEEP_END_REASON_DISK_FULL.
   */
  uint32_t full_hold_ms;
  /**
   * Zero.
   */
  uint32_t reserved;
  /**
   * A directory whose interrupted recordings are repaired before the engine starts, and those beneath it, as by
   * afterbeep_repair(); afterbeep_engine_statistics() counts them. NULL (default) for none. Borrowed for the call.
   */
  const char *repair_directory;
} afterbeep_engine_config;

/**
 * A session: a value to copy, not a pointer. 0 is none. Once it is closed, every call with it
 * answers AFTERBEEP_STATUS_STALE; a value that was never given out, AFTERBEEP_STATUS_FOREIGN.
 *
 * Methods: afterbeep_session_open(), _push() (and afterbeep_push_many()), _push_at(), _push_lost(), _pull(), _writable_samples(),
 * _state(), _digit(), _telephone_event(), _poll_event(), _line_drop(), _pause(), _resume(), _restart(), _hangup(), _stop(), _cancel(), _result(), _path(), _gaps(), _close().
 */
typedef struct afterbeep_session {
  /**
   * The handle's bits.
   */
  uint64_t value;
} afterbeep_session;

/**
 * What an engine tells: it names a session, whose own calls say what happened, or a message. The size of this struct is
 * part of the ABI: fields are only appended.
 */
typedef struct afterbeep_engine_event {
  /**
   * The size that the caller gave; in a callback, the library's.
   */
  uint32_t struct_size;
  /**
   * What it tells: afterbeep_engine_event_type.
   */
  uint32_t event_type;
  /**
   * The session that it is about; {0} where it is about a message.
   */
  struct afterbeep_session session;
  /**
   * The message that it is about, the 16 bytes of its UUID in their written order; 0 where it is about a session.
   */
  uint8_t message_id[16];
} afterbeep_engine_event;

/**
 * A host's function that events are told by, on a thread of the library's own: it may block and use sessions; it must
 * not close or destroy the engine. The event is borrowed for the call.
 */
typedef void (*afterbeep_event_callback)(const struct afterbeep_engine_event *event, void *user_data);

/**
 * How to repair. The size of this struct is part of the ABI: fields are only appended.
 */
typedef struct afterbeep_repair_options {
  /**
   * sizeof(afterbeep_repair_options).
   */
  uint32_t struct_size;
  /**
   * 1 repairs NAME.part with a plain header, too, which does not tell whose file it is; 0 by default.
   */
  uint32_t plain;
  /**
   * 1 reports what there is to do, and changes nothing; 0 by default.
   */
  uint32_t dry_run;
  /**
   * Zero.
   */
  uint32_t reserved;
} afterbeep_repair_options;

/**
 * An interrupted recording, and what became of it. The size of this struct is part of the ABI: fields are only appended.
 */
typedef struct afterbeep_repair_file {
  /**
   * The library's sizeof(afterbeep_repair_file).
   */
  uint32_t struct_size;
  /**
   * What was done: afterbeep_repair_outcome.
   */
  uint32_t outcome;
  /**
   * Where it is now; where it was, if it is gone, and in a dry run. Borrowed for the call.
   */
  const char *path;
  /**
   * Samples in it.
   */
  uint64_t samples;
  /**
   * How long it is, in milliseconds.
   */
  uint64_t duration_ms;
  /**
   * Bytes at its end that were no whole audio.
   */
  uint64_t cut_bytes;
  /**
   * Why it could not be repaired (errno), or 0.
   */
  int32_t os_error;
  /**
   * Zero.
   */
  uint32_t reserved;
} afterbeep_repair_file;

/**
 * A host's function that afterbeep_repair() tells each interrupted recording, in the order of their names, on the caller's thread.
 * The file is borrowed for the call.
 */
typedef void (*afterbeep_repair_callback)(const struct afterbeep_repair_file *file, void *user_data);

/**
 * How many files there were of each kind. The size of this struct is part of the ABI: fields are only appended.
 */
typedef struct afterbeep_repair_report {
  /**
   * The size that the caller gave.
   */
  uint32_t struct_size;
  /**
   * Zero.
   */
  uint32_t reserved;
  /**
   * Made whole.
   */
  uint64_t repaired;
  /**
   * Only given their names.
   */
  uint64_t renamed;
  /**
   * Without a sample, removed.
   */
  uint64_t removed;
  /**
   * Whole, but without their names, which other files have.
   */
  uint64_t name_taken;
  /**
   * Being recorded.
   */
  uint64_t in_use;
  /**
   * Files and directories that an error kept from being repaired, or looked at.
   */
  uint64_t failed;
  /**
   * Finished recordings, other people's files, and whatever else there is.
   */
  uint64_t others;
} afterbeep_repair_report;

/**
 * What became of a message. The size of this struct is part of the ABI: fields are only appended.
 */
typedef struct afterbeep_result {
  /**
   * The size that the caller gave.
   */
  uint32_t struct_size;
  /**
   * Why the message ended: afterbeep_end_reason.
   */
  uint32_t end_reason;
  /**
   * The digit that ended it, as its character, or 0.
   */
  uint32_t end_digit;
  /**
   * 1: no sample was lost by us, and the file is whole. 0: see lost_samples, os_error and sync_error.
   */
  uint32_t complete;
  /**
   * 1: there is a file, and afterbeep_session_path() tells where. 0: nothing was recorded, or the
   * message was cancelled.
   */
  uint32_t has_file;
  /**
   * The operating system's number (errno) where the file failed, or 0.
   */
  int32_t os_error;
  /**
   * Samples in the file, or in all of them, inserted silence included, and what an earlier message left.
   */
  uint64_t samples;
  /**
   * The same in whole milliseconds.
   */
  uint64_t duration_ms;
  /**
   * Samples that were recorded and then cut off; `cut` says what they held.
   */
  uint64_t trimmed_samples;
  /**
   * Samples that we lost (ring full, disk).
   */
  uint64_t lost_samples;
  /**
   * Samples that the line lost; silence stands in their place, or comfort noise.
   */
  uint64_t line_lost_samples;
  /**
   * Samples that were dropped after the beep, where its echo may have been.
   */
  uint64_t echo_guard_samples;
  /**
   * Samples of frames that came too late, or again, by their timestamps: they were dropped.
   */
  uint64_t late_samples;
  /**
   * How often a frame's timestamp was far from what was due.
   */
  uint64_t timestamp_jumps;
  /**
   * Samples that were recorded before the recording started over.
   */
  uint64_t dropped_samples;
  /**
   * What was cut off the end: afterbeep_cut.
   */
  uint32_t cut;
  /**
   * The disconnect tone that ended the message: afterbeep_tone_kind, or 0.
   */
  uint32_t tone;
  /**
   * How many gaps lost_samples fall into; afterbeep_session_gaps() lists the first ones.
   */
  uint64_t gap_count;
  /**
   * What the file survives now: afterbeep_durability. The level that was asked for, or AFTERBEEP_DURABILITY_CACHE where a
   * sync failed. With AFTERBEEP_DURABILITY_INTERVAL the last sync follows within sync_interval_ms, and
   * AFTERBEEP_ENGINE_EVENT_TYPE_SYNC_FAILED tells if it fails.
   */
  uint32_t durability;
  /**
   * The operating system's number (errno) where a sync failed, or 0.
   */
  int32_t sync_error;
  /**
   * How many files the message has: 0, 1, or more where it was split. afterbeep_session_path_at() tells where.
   */
  uint64_t file_count;
  /**
   * How many of `samples` an earlier message left, where one was continued; else 0.
   */
  uint64_t appended_to_samples;
  /**
   * Milliseconds of this recording, as far as its files hold it, that the silence detector took for sound. It hears the line: a key
   * counts also where it is masked, and so does what we lost.
   */
  uint64_t spoken_ms;
} afterbeep_result;

/**
 * Recorded samples that we lost. This struct will not change.
 */
typedef struct afterbeep_gap {
  /**
   * The first one, in samples of the recording.
   */
  uint64_t start_sample;
  /**
   * How many there are.
   */
  uint64_t samples;
  /**
   * Why: afterbeep_gap_cause.
   */
  uint32_t cause;
  /**
   * Zero.
   */
  uint32_t reserved;
} afterbeep_gap;
#endif /* AFTERBEEP_HOSTED */

/**
 * A call-progress tone, as `afterbeep tones learn` measures it on a recorded line. The size of this struct is part of
 * the ABI.
 */
typedef struct afterbeep_tone_pattern {
  /**
   * What it means: afterbeep_tone_kind.
   */
  uint32_t kind;
  /**
   * Frequencies that sound together, in hertz, [200, 3600], the unused ones 0.
   */
  uint16_t frequencies_hz[AFTERBEEP_TONE_FREQUENCIES_MAX];
  /**
   * Sound and silence in turn, in milliseconds, [50, 20000], the unused ones 0; all 0 where the tone never pauses.
   */
  uint16_t cadence_ms[AFTERBEEP_TONE_PAIRS_MAX][2];
} afterbeep_tone_pattern;

#if defined(AFTERBEEP_HOSTED)
/**
 * What a session records, where to, and what ends it. The size of this struct is part of the
 * ABI: fields are only appended. Texts are UTF-8, and borrowed for the call that takes the struct.
 */
typedef struct afterbeep_session_config {
  /**
   * sizeof(afterbeep_session_config), set by afterbeep_session_config_init().
   */
  uint32_t struct_size;
  /**
   * The line's sample rate in hertz: 8000 (default), 16000, 24000, 32000, 44100 or 48000.
   */
  uint32_t sample_rate_hz;
  /**
   * An existing directory for the file, the recording root; not NULL.
   */
  const char *directory;
  /**
   * The file's name in it: a name of 1 to 244 bytes, or several with '/' between them, of which all but the last are
   * directories; those that are missing are made (mode 0700). No links, no control characters, no ".part" at the end,
   * 1024 bytes in all. NULL (default) makes a fresh one: yyyymmddHHMMSS-random-record.wav.
   */
  const char *file_name;
  /**
   * How the file stores samples: afterbeep_format; AFTERBEEP_FORMAT_PCM16 by default.
   */
  uint32_t format;
  /**
   * 1 (default) plays a beep before the recording, 0 starts it at once.
   */
  uint32_t beep;
  /**
   * The beep's frequency in hertz, [100, 3400]; 1000 by default.
   */
  float beep_frequency_hz;
  /**
   * The beep's level in dBm0, [-60, 0]; -12 by default.
   */
  float beep_level_dbm0;
  /**
   * The beep's length in milliseconds, ramps included, [20, 5000]; 400 by default.
   */
  uint32_t beep_duration_ms;
  /**
   * Length of each of its ramps in milliseconds, [0, half of the length]; 10 by default.
   */
  uint32_t beep_ramp_ms;
  /**
   * How long after the beep nothing is recorded yet, in milliseconds, [0, 2000]; 0 by default.
   */
  uint32_t echo_guard_ms;
  /**
   * Longest message in milliseconds, [0, 86400000]; 20000 by default, 0 for no limit.
   */
  uint32_t max_duration_ms;
  /**
   * The keys that end the message: "any", "none", or a set such as "#*"; "#" by default.
   */
  const char *terminators;
  /**
   * Silence without a word that ends the message, in milliseconds, [0, 86400000]; 0 (default)
   * for off.
   */
  uint32_t initial_silence_ms;
  /**
   * Silence that ends the message, in milliseconds, [0, 86400000]; 0 (default) for off.
   */
  uint32_t final_silence_ms;
  /**
   * The level in dBm0 that separates silence from sound where it is fixed, [-80, 0]; -40 by default. See
   * afterbeep_dbm0_from_mean_abs().
   */
  float silence_threshold_dbm0;
  /**
   * What separates silence from sound: afterbeep_silence_mode; AFTERBEEP_SILENCE_MODE_FIXED by default.
   */
  uint32_t silence_mode;
  /**
   * What counts as a digit, from afterbeep_dtmf_profile_init(); copied. NULL (default) for the default.
   */
  const struct afterbeep_dtmf_profile *dtmf;
  /**
   * The call-progress tones that say that the caller has gone: countries by ISO 3166 code in lower case, and
   * "generic" for any steady cadence, such as "gb,us,generic". NULL (default) listens for none.
   */
  const char *tone_plan;
  /**
   * Tones learned from the line, `learned_count` of them, beside those of the plan; they also count where tone_plan
   * is NULL. NULL by default.
   */
  const struct afterbeep_tone_pattern *learned;
  /**
   * How many tones were learned, [0, 2]; 0 by default.
   */
  uint32_t learned_count;
  /**
   * How long a tone without pauses has to sound, in milliseconds, [1000, 30000]; 3000 by default.
   */
  uint32_t continuous_tone_ms;
  /**
   * 1 replaces the tones of digits by silence in the file, which is then 75 ms behind the line; 0 (default) does not.
   */
  uint32_t mask_digits;
  /**
   * 1 cuts the silence that ended the message, less a tail; 0 (default) keeps it.
   */
  uint32_t trim_final_silence;
  /**
   * How much of that silence is kept, in milliseconds, [0, 10000]; 200 by default.
   */
  uint32_t final_silence_tail_ms;
  /**
   * 1 starts the recording with the first sound, 0 (default) at once.
   */
  uint32_t start_on_speech;
  /**
   * How much is recorded from before that sound, in milliseconds, [0, 2000]; 300 by default.
   */
  uint32_t pre_roll_ms;
  /**
   * Shortest message in milliseconds of recorded audio before anything is cut, [0, max_duration_ms]; 0 by default.
   * A shorter one ends as AFTERBEEP_END_REASON_TOO_SHORT.
   */
  uint32_t min_duration_ms;
  /**
   * 1 deletes messages that are too short, 0 (default) keeps them.
   */
  uint32_t delete_too_short;
  /**
   * 1 deletes messages that ended by initial silence, 0 (default) keeps them.
   */
  uint32_t delete_initial_silence;
  /**
   * How long afterbeep_session_line_drop() has to last to end the message, in milliseconds of audio, [0, 10000];
   * 250 by default.
   */
  uint32_t line_drop_debounce_ms;
  /**
   * Fixed: distance in decibels between the levels at which sound starts and stops, evenly around the
   * threshold, [0, 20]; 3 by default.
   */
  float silence_hysteresis_db;
  /**
   * Adaptive: lowest noise floor in dBm0, [-80, 0]; -55 by default. On a quieter line the levels are no lower.
   */
  float silence_floor_min_dbm0;
  /**
   * Adaptive: highest noise floor in dBm0, [the lowest one, 0]; -35 by default. Louder noise is sound.
   */
  float silence_floor_max_dbm0;
  /**
   * Adaptive: where sound starts, in decibels above the floor, [more than where it stops, 30]; 8 by default.
   */
  float silence_start_above_floor_db;
  /**
   * Adaptive: where sound stops, in decibels above the floor, [1, 30]; 4 by default.
   */
  float silence_stop_above_floor_db;
  /**
   * Adaptive: how long the level has to stay below that until it is silence, in milliseconds, [0, 2000]; 150 by
   * default. The silence then counts from where the sound stopped.
   */
  uint32_t silence_hangover_ms;
  /**
   * Level in dBm0, [-80, -30], of the noise that the caller hears after the beep, and that stands in the file where the
   * line lost audio; 0 (default) for silence.
   */
  float comfort_noise_dbm0;
  /**
   * What the file's header has beside the format: afterbeep_header_style; AFTERBEEP_HEADER_STYLE_FULL by default.
   */
  uint32_t header_style;
  /**
   * 1 notes the start time and the software in the file, 0 (default) does not. A plain header takes no metadata.
   */
  uint32_t metadata;
  /**
   * The call flow's node, to be noted in the file, 64 bytes at most; NULL (default) for none.
   */
  const char *node_name;
  /**
   * The caller, to be noted in the file, 64 bytes at most; NULL (default) for none.
   */
  const char *caller;
  /**
   * The file's sample rate in hertz, one of those that a line may have; 0 (default) for the line's.
   */
  uint32_t file_rate_hz;
  /**
   * Fixed gain of the file in decibels, [-40, 40]; 0 by default. What it takes beyond full scale is clipped.
   */
  float gain_db;
  /**
   * 1 brings speech to a level in the file, on top of the fixed gain; 0 (default) does not. The gain is held while nobody
   * speaks. Detectors hear the line in any case.
   */
  uint32_t agc;
  /**
   * The level in dBm0 that speech is brought to, [-40, -3]; -16 by default.
   */
  float agc_target_dbm0;
  /**
   * The most that it is raised, or lowered, in decibels, [0, 40]; 20 by default.
   */
  float agc_max_gain_db;
  /**
   * How long that gain takes to fall by 20 dB, in milliseconds, [10, 10000]; 50 by default.
   */
  uint32_t agc_attack_ms;
  /**
   * How long it takes to rise by 20 dB, in milliseconds of speech, [10, 10000]; 1000 by default.
   */
  uint32_t agc_release_ms;
  /**
   * What the message survives: afterbeep_durability, or 0 (default) for the engine's.
   */
  uint32_t durability;
  /**
   * What becomes of a message that its file cannot hold: afterbeep_large_file, or 0 (default): it is split where the
   * header is plain or max_file_kib is set, and its file becomes RF64 otherwise.
   */
  uint32_t large_file;
  /**
   * The longest file in KiB, [64, 4194304], where a message is split; 0 (default) for 4 GiB. 2097151 suits readers that
   * count with 31 bits.
   */
  uint32_t max_file_kib;
  /**
   * 1 continues the finished message file_name, which has to be of this format, rate and header; 0 (default) begins a new
   * one. Its metadata stays as it is. It is as it was where nothing is added: the recording is cancelled, or empty.
   */
  uint32_t append;
  /**
   * Zero.
   */
  uint32_t reserved;
} afterbeep_session_config;

/**
 * What a session tells as it happens. The size of this struct is part of the ABI: fields are only appended.
 */
typedef struct afterbeep_session_event {
  /**
   * The size that the caller gave.
   */
  uint32_t struct_size;
  /**
   * What it tells: afterbeep_session_event_type.
   */
  uint32_t event_type;
  /**
   * The digit, as its character, or 0.
   */
  uint32_t digit;
  /**
   * Where the digit came from: afterbeep_digit_source, or 0.
   */
  uint32_t digit_source;
  /**
   * Where it began, in samples pushed since the session was opened, the beep's included.
   */
  uint64_t start_sample;
  /**
   * The tone: afterbeep_tone_kind, or 0.
   */
  uint32_t tone;
  /**
   * Zero.
   */
  uint32_t reserved;
} afterbeep_session_event;

/**
 * What an engine has counted since its start. The size of this struct is part of the ABI: fields are only appended.
 */
typedef struct afterbeep_statistics {
  /**
   * The size that the caller gave.
   */
  uint32_t struct_size;
  /**
   * Sessions that hold a slot now: until their message is finished and their handle closed.
   */
  uint32_t open_sessions;
  /**
   * Writers that are stalled in a file operation now.
   */
  uint32_t stalled_writers;
  /**
   * File systems that are declared stalled now.
   */
  uint32_t stalled_file_systems;
  /**
   * Sessions opened.
   */
  uint64_t opened_sessions;
  /**
   * Opens that were refused, for whatever reason.
   */
  uint64_t refused_sessions;
  /**
   * Messages finished, those without a file included.
   */
  uint64_t finished_messages;
  /**
   * Finished messages of which something was lost.
   */
  uint64_t incomplete_messages;
  /**
   * Samples that we lost (ring full, disk), in finished messages.
   */
  uint64_t lost_samples;
  /**
   * Samples that the line lost, in finished messages.
   */
  uint64_t line_lost_samples;
  /**
   * Bytes written to files, headers included.
   */
  uint64_t written_bytes;
  /**
   * The fullest that a writer has found a session's ring, in samples.
   */
  uint64_t ring_high_water_samples;
  /**
   * What a ring holds, in samples.
   */
  uint64_t ring_samples;
  /**
   * Writers that stalled in a file operation for longer than writer_stall_ms.
   */
  uint64_t stalls;
  /**
   * Sessions that ended because no audio came.
   */
  uint64_t media_timeouts;
  /**
   * Events that were lost because nobody took them.
   */
  uint64_t lost_events;
  /**
   * How long all batches and file endings took together, in microseconds.
   */
  uint64_t write_latency_sum_us;
  /**
   * The longest one, in microseconds.
   */
  uint64_t write_latency_max_us;
  /**
   * How many took how long: bucket 0 counts those below 1 us, bucket n those from 2^(n-1) to below 2^n us, the
   * last one all longer ones.
   */
  uint64_t write_latency_buckets[AFTERBEEP_LATENCY_BUCKETS];
  /**
   * Messages whose file could not be written, or not be given its name.
   */
  uint64_t write_errors;
  /**
   * File systems synced at intervals, so many times.
   */
  uint64_t syncs;
  /**
   * The longest of these, in microseconds.
   */
  uint64_t sync_max_us;
  /**
   * Files, and file systems, that could not be synced.
   */
  uint64_t sync_failures;
  /**
   * Interrupted recordings that were repaired, or only given their names, when the engine started.
   */
  uint64_t repaired_files;
  /**
   * Those that could not be, or not be given their names.
   */
  uint64_t unrepaired_files;
  /**
   * File systems on which some session finds no room now.
   */
  uint32_t full_file_systems;
  /**
   * Zero.
   */
  uint32_t reserved;
} afterbeep_statistics;
#endif /* AFTERBEEP_HOSTED */

#if defined(AFTERBEEP_STORE)
/**
 * A host's function that says whether a tenant has such an agent or skill queue: 1 it has, 0 it has not, less than 0 that
 * nobody can say now, which makes the message *allocation failed*. Called on the thread that calls
 * afterbeep_element_begin(), never on a media thread; it may block, and several threads may call it at the same time.
 */
typedef int (*afterbeep_directory_callback)(const char *tenant, const char *name, void *user_data);

/**
 * How a runner works. The size of this struct is part of the ABI: fields are only appended.
 */
typedef struct afterbeep_element_runner_config {
  /**
   * sizeof(afterbeep_element_runner_config), set by afterbeep_element_runner_config_init().
   */
  uint32_t struct_size;
  /**
   * Changes that may await the store's thread, [1, 1048576]; 16384 by default.
   */
  uint32_t queue;
  /**
   * Changes kept in memory while neither the store nor its journal can be written, [0, 1048576]; 4096 by default.
   */
  uint32_t memory;
  /**
   * How often a store that could not be written is tried again, in milliseconds, [1, 600000]; 250 by default.
   */
  uint32_t retry_ms;
  /**
   * 1 (default) computes the SHA-256 of messages on a thread of its own, 0 does not.
   */
  uint32_t digests;
  /**
   * Zero.
   */
  uint32_t reserved;
  /**
   * Says which agents are known; NULL (default) for the store's table.
   */
  afterbeep_directory_callback knows_agent;
  /**
   * Says which skill queues are known; NULL (default): all of them.
   */
  afterbeep_directory_callback knows_queue;
  /**
   * For both.
   */
  void *user_data;
} afterbeep_element_runner_config;

/**
 * What a recorder has done so far. The size of this struct is part of the ABI: fields are only appended.
 */
typedef struct afterbeep_recorder_statistics {
  /**
   * The size that the caller gave.
   */
  uint32_t struct_size;
  /**
   * 1: the store takes what comes.
   */
  uint32_t available;
  /**
   * Changes that are in the store.
   */
  uint64_t written;
  /**
   * Changes that went to the journal, as the store could not be written.
   */
  uint64_t deferred;
  /**
   * Changes that nothing could take; afterbeep_store_sweep() makes up for them.
   */
  uint64_t lost;
} afterbeep_recorder_statistics;

/**
 * What a host knows about a call when it comes to the element. The size of this struct is part of the ABI: fields are only
 * appended. All is borrowed for the call that takes the struct.
 */
typedef struct afterbeep_element_call_config {
  /**
   * sizeof(afterbeep_element_call_config), set by afterbeep_element_call_config_init().
   */
  uint32_t struct_size;
  /**
   * The line's sample rate in hertz; 8000 by default.
   */
  uint32_t sample_rate_hz;
  /**
   * The flow's variables; NULL (default) for none.
   */
  const struct afterbeep_variables *variables;
  /**
   * The call's channel; NULL (default) for none.
   */
  const char *channel;
  /**
   * How the file is written: of its fields those of the file count, from format on, but neither directory nor name. NULL
   * (default) for a session's defaults.
   */
  const struct afterbeep_session_config *file;
  /**
   * What the record is to hold beside that: data_count keys and as many values; NULL (default) for nothing.
   */
  const char *const *data_keys;
  /**
   * Their values.
   */
  const char *const *data_values;
  /**
   * How many, [0, 1000].
   */
  size_t data_count;
} afterbeep_element_call_config;

/**
 * What the element leaves to the flow. The size of this struct is part of the ABI: fields are only appended.
 */
typedef struct afterbeep_outcome {
  /**
   * The size that the caller gave.
   */
  uint32_t struct_size;
  /**
   * Where it goes on: afterbeep_branch.
   */
  uint32_t branch;
  /**
   * Why the recording ended, the finer reason: afterbeep_end_reason.
   */
  uint32_t end_reason;
  /**
   * 1: the message has a record. 0: nothing was left, or it is to have none.
   */
  uint32_t has_record;
  /**
   * The record's status: afterbeep_message_status, where it has one.
   */
  uint32_t status;
  /**
   * Its id, or "".
   */
  char message_id[AFTERBEEP_MESSAGE_ID_BYTES];
  /**
   * Zero.
   */
  uint8_t reserved[3];
  /**
   * The file's volume, by name; NULL where there is no file. Valid until the call is destroyed.
   */
  const char *volume;
  /**
   * The file's path, relative to the volume; NULL where there is no file. Valid until the call is destroyed.
   */
  const char *path;
} afterbeep_outcome;

/**
 * What a Leave Message element of a flow says; docs/element.md has each. The size of this struct is part of the ABI:
 * fields are only appended. Texts are UTF-8, borrowed for the call; NULL (default) is none.
 *
 * Of each pair of a constant and a variable at most one is set.
 */
typedef struct afterbeep_leave_message_config {
  /**
   * sizeof(afterbeep_leave_message_config), set by afterbeep_leave_message_config_init().
   */
  uint32_t struct_size;
  /**
   * 1 (default) keeps a record of the message; 0: there is a file and nothing else.
   */
  uint32_t record_message;
  /**
   * Whose messages they are; not NULL.
   */
  const char *tenant;
  /**
   * The node's name for people.
   */
  const char *node_name;
  /**
   * The node, as the flow's host knows it.
   */
  const char *node_id;
  /**
   * The agent who handles the message.
   */
  const char *agent;
  /**
   * The variable that names the agent.
   */
  const char *agent_variable;
  /**
   * The skill queue that handles it, where no agent is named.
   */
  const char *queue;
  /**
   * The variable that names the queue.
   */
  const char *queue_variable;
  /**
   * Who calls.
   */
  const char *caller;
  /**
   * The variable that holds the caller.
   */
  const char *caller_variable;
  /**
   * The number that was called.
   */
  const char *called;
  /**
   * The variable that holds that number.
   */
  const char *called_variable;
  /**
   * The string variable that receives the file's path, relative to the volume.
   */
  const char *file_name_variable;
  /**
   * The recording node that holds the file.
   */
  const char *location_id;
  /**
   * The string variable that receives the location.
   */
  const char *location_variable;
  /**
   * The keys that end the message: "any", "none", or a set such as "#*"; "#" by default.
   */
  const char *terminators;
  /**
   * What counts as a digit, by the profile's name; NULL (default) for the default.
   */
  const char *dtmf_profile;
  /**
   * Countries, and generic, with commas between them; NULL (default) for none.
   */
  const char *tone_plan;
  /**
   * 1: the flow has a branch for errors; 0 (default): its exception handling gets them.
   */
  uint32_t error_branch;
  /**
   * As in afterbeep_session_config, and so are the following.
   */
  uint32_t max_duration_ms;
  /**
   * 1 (default) or 0.
   */
  uint32_t beep;
  /**
   * 0 by default.
   */
  uint32_t echo_guard_ms;
  /**
   * 1 or 0 (default).
   */
  uint32_t mask_digits;
  /**
   * 0 (default) for off.
   */
  uint32_t initial_silence_ms;
  /**
   * 0 (default) for off.
   */
  uint32_t final_silence_ms;
  /**
   * 1 or 0 (default).
   */
  uint32_t trim_final_silence;
  /**
   * Counts where trim_final_silence is 1.
   */
  uint32_t final_silence_tail_ms;
  /**
   * afterbeep_silence_mode.
   */
  uint32_t silence_mode;
  /**
   * Where the mode is fixed; ignored otherwise.
   */
  float silence_threshold_dbm0;
  /**
   * 1 or 0 (default).
   */
  uint32_t start_on_speech;
  /**
   * 300 by default.
   */
  uint32_t pre_roll_ms;
  /**
   * 0 by default.
   */
  uint32_t min_duration_ms;
  /**
   * 1 or 0 (default).
   */
  uint32_t delete_too_short;
  /**
   * 1 or 0 (default).
   */
  uint32_t delete_initial_silence;
  /**
   * 0 (default) for silence.
   */
  float comfort_noise_dbm0;
  /**
   * 250 by default.
   */
  uint32_t line_drop_debounce_ms;
  /**
   * 0 (default) for the plan's own; needs a tone plan.
   */
  uint32_t continuous_tone_ms;
  /**
   * Zero.
   */
  uint32_t reserved;
} afterbeep_leave_message_config;

/**
 * Which messages a list has: those that fit all that is set. Only kept ones are in it. The size of this struct is part of the
 * ABI: fields are only appended. Texts are borrowed for the call; NULL (default) is any.
 */
typedef struct afterbeep_query {
  /**
   * sizeof(afterbeep_query), set by afterbeep_query_init().
   */
  uint32_t struct_size;
  /**
   * 1: the oldest first; 0 (default): the newest.
   */
  uint32_t oldest_first;
  /**
   * Of this tenant.
   */
  const char *tenant;
  /**
   * From this caller.
   */
  const char *caller;
  /**
   * Of this agent.
   */
  const char *agent;
  /**
   * Of this skill queue.
   */
  const char *queue;
  /**
   * From this channel.
   */
  const char *channel;
  /**
   * That began at this time or later, in milliseconds since 1970 (UTC); INT64_MIN (default) for any.
   */
  int64_t from_ms;
  /**
   * That began before this time, likewise; INT64_MAX (default) for any.
   */
  int64_t until_ms;
  /**
   * This long at least; 0 by default.
   */
  uint64_t min_duration_ms;
  /**
   * This long at most; UINT64_MAX (default) for any.
   */
  uint64_t max_duration_ms;
  /**
   * With this afterbeep_message_status, or AFTERBEEP_ANY (default).
   */
  uint32_t status;
  /**
   * That ended for this afterbeep_end_reason, or AFTERBEEP_ANY (default).
   */
  uint32_t end_reason;
  /**
   * The place behind which the list begins, from afterbeep_page_cursor(); NULL (default) for its beginning.
   */
  const char *after;
  /**
   * Messages of a page at most, [1, 10000]; 50 by default.
   */
  uint32_t limit;
  /**
   * Zero.
   */
  uint32_t reserved;
} afterbeep_query;

/**
 * A message. Texts are valid until its page is destroyed, and NULL where there is none. Times are in milliseconds since
 * 1970 (UTC). The size of this struct is part of the ABI: fields are only appended.
 */
typedef struct afterbeep_message {
  /**
   * The size that the caller gave.
   */
  uint32_t struct_size;
  /**
   * 1: it is being recorded, or a crash left it so; what comes from the end is 0 then.
   */
  uint32_t recording;
  /**
   * Whose record it is, in 36 characters.
   */
  const char *id;
  /**
   * The tenant.
   */
  const char *tenant;
  /**
   * The flow's node.
   */
  const char *node_id;
  /**
   * Its name for people.
   */
  const char *node_name;
  /**
   * Which recording node holds the file.
   */
  const char *location;
  /**
   * Who called.
   */
  const char *caller;
  /**
   * The number that was called.
   */
  const char *called;
  /**
   * The channel of the call.
   */
  const char *channel;
  /**
   * The agent who was named, known or not.
   */
  const char *agent;
  /**
   * The skill queue.
   */
  const char *queue;
  /**
   * The volume's name.
   */
  const char *volume;
  /**
   * Where the file is, relative to it.
   */
  const char *path;
  /**
   * SHA-256 of the bytes in the file's data chunk, in 64 hexadecimal digits; NULL for a moment after the end, and where the
   * file could not be read.
   */
  const char *sha256;
  /**
   * The name of the disconnect tone's kind that ended it.
   */
  const char *tone;
  /**
   * The key/value data: a JSON object of texts.
   */
  const char *data_json;
  /**
   * When the recording began.
   */
  int64_t started_ms;
  /**
   * When it ended.
   */
  int64_t ended_ms;
  /**
   * When the sweep deletes it; INT64_MAX for never.
   */
  int64_t expires_ms;
  /**
   * What the file holds.
   */
  uint64_t duration_ms;
  /**
   * How much of that was spoken; UINT64_MAX where it was not measured.
   */
  uint64_t spoken_ms;
  /**
   * Size of the file.
   */
  uint64_t bytes;
  /**
   * Samples that we lost.
   */
  uint64_t lost_samples;
  /**
   * Samples that the line lost.
   */
  uint64_t line_lost_samples;
  /**
   * Gaps that we made.
   */
  uint64_t gap_count;
  /**
   * afterbeep_message_status.
   */
  uint32_t status;
  /**
   * afterbeep_end_reason, or 0.
   */
  uint32_t end_reason;
  /**
   * The digit that ended it, as its character, or 0.
   */
  uint32_t end_digit;
  /**
   * 1: no sample was lost by us, and the file is whole.
   */
  uint32_t complete;
  /**
   * 1: nothing deletes it.
   */
  uint32_t legal_hold;
  /**
   * 1: a crash had interrupted it; the record was made from the file.
   */
  uint32_t adopted;
} afterbeep_message;

/**
 * A host's function that is told each entry of a message's history, on the caller's thread: the status and the agent since
 * that time, in milliseconds since 1970 (UTC), and who changed it. Agent and actor may be NULL; texts are borrowed for the call.
 */
typedef void (*afterbeep_history_callback)(int64_t at_ms,
                                           uint32_t status,
                                           const char *agent,
                                           const char *actor,
                                           void *user_data);

/**
 * How a store is opened. The size of this struct is part of the ABI: fields are only appended.
 */
typedef struct afterbeep_store_config {
  /**
   * sizeof(afterbeep_store_config), set by afterbeep_store_config_init().
   */
  uint32_t struct_size;
  /**
   * 1 makes the store where there is none, and its directory (mode 0700); 0 (default) does not.
   */
  uint32_t create;
  /**
   * How long a call waits for another program that holds the database, in milliseconds, [0, 600000]; 5000 by default.
   */
  uint32_t busy_timeout_ms;
  /**
   * Zero.
   */
  uint32_t reserved;
  /**
   * The store's directory; not NULL. Borrowed for the call.
   */
  const char *directory;
} afterbeep_store_config;

/**
 * A host's function that is told each agent, on the caller's thread; the texts are borrowed for the call. A name may be
 * NULL.
 */
typedef void (*afterbeep_agent_callback)(const char *agent_id, const char *name, void *user_data);

/**
 * What a sweep did. The size of this struct is part of the ABI: fields are only appended.
 */
typedef struct afterbeep_sweep_report {
  /**
   * The size that the caller gave; in a callback, the library's.
   */
  uint32_t struct_size;
  /**
   * Tenants whose interrupted deletion was interrupted again, or refused.
   */
  uint32_t tenants_failed;
  /**
   * Messages that are gone, file and record; in a dry run, would be.
   */
  uint64_t deleted;
  /**
   * Messages that stay.
   */
  uint64_t kept;
  /**
   * Messages that could not be deleted; they are in no list any more, and each sweep tries again.
   */
  uint64_t failed;
  /**
   * Records that a crash had interrupted, completed from their files.
   */
  uint64_t adopted;
  /**
   * Files that have to be repaired first: afterbeep_repair().
   */
  uint64_t to_repair;
  /**
   * Records that a crash had interrupted and that could not be dealt with.
   */
  uint64_t unrecovered;
} afterbeep_sweep_report;

/**
 * A host's function that is told of each daily sweep, on a thread of the library's own. It must not destroy the sweep.
 *
 * @param report  what was done; NULL where nothing was.
 * @param text    why nothing was done: the store cannot be used, and is tried again a minute later; or the clock has
 *                jumped, and nothing is deleted before the hour has come again. NULL where something was.
 */
typedef void (*afterbeep_daily_sweep_callback)(const struct afterbeep_sweep_report *report,
                                               const char *text,
                                               void *user_data);

/**
 * Whose messages they are. The size of this struct is part of the ABI: fields are only appended. Texts are borrowed for
 * the call that takes the struct, or that hands it out.
 */
typedef struct afterbeep_tenant {
  /**
   * sizeof(afterbeep_tenant), set by afterbeep_tenant_init().
   */
  uint32_t struct_size;
  /**
   * 1: it is being deleted, and takes nothing new. Ignored where a tenant is added.
   */
  uint32_t being_deleted;
  /**
   * Its id (VDN), not NULL: 1 to 128 bytes without '/', '\\', control characters and a dot at the beginning.
   */
  const char *id;
  /**
   * The volume that new messages go to; NULL (default) for "default", which is the store's directory.
   */
  const char *volume;
  /**
   * The tenant's own directory, relative to the volume; NULL (default) for one of its id.
   */
  const char *root;
  /**
   * The time zone of file names, by its IANA name; NULL (default) for "UTC".
   */
  const char *time_zone;
  /**
   * Where files go; NULL (default) for {volume}/{vdn}/record/{yyyymmdd}/{yyyymmddHHMMSS}-{random}-record.wav.
   */
  const char *name_template;
  /**
   * Recording parameters for elements that do not say their own: a JSON object, as `recording` in docs/element.md; NULL (default)
   * for none.
   */
  const char *defaults;
  /**
   * How long messages stay, in seconds from their end; 0 (default) for ever.
   */
  uint64_t retention_s;
  /**
   * What recordings may take in bytes; 0 (default) for no limit.
   */
  uint64_t quota_bytes;
  /**
   * What recordings take. Ignored where a tenant is added.
   */
  uint64_t used_bytes;
} afterbeep_tenant;

/**
 * A host's function that is told each tenant, on the caller's thread; it is borrowed for the call.
 */
typedef void (*afterbeep_tenant_callback)(const struct afterbeep_tenant *tenant, void *user_data);

/**
 * What a tenant's deletion did, this time. The size of this struct is part of the ABI: fields are only appended.
 */
typedef struct afterbeep_tenant_deletion {
  /**
   * The size that the caller gave.
   */
  uint32_t struct_size;
  /**
   * Whether the tenant's directory is left: 0.
   */
  uint32_t directory_remains;
  /**
   * Messages that were deleted, file and record.
   */
  uint64_t messages;
  /**
   * Files without a record that were deleted.
   */
  uint64_t other_files;
  /**
   * Records that are left, counted anew: 0.
   */
  uint64_t remaining_records;
} afterbeep_tenant_deletion;

/**
 * A host's function that is told each volume, on the caller's thread; the texts are borrowed for the call. The path is
 * absolute, or relative to the process's directory as the store's own is.
 */
typedef void (*afterbeep_volume_callback)(const char *name, const char *path, void *user_data);
#endif /* AFTERBEEP_STORE */





























#if defined(AFTERBEEP_HOSTED)
/**
 * All of them.
 */
#define afterbeep_format_ALL { afterbeep_format_Pcm16, afterbeep_format_Alaw, afterbeep_format_Ulaw, afterbeep_format_ImaAdpcm, }
#endif /* AFTERBEEP_HOSTED */

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * The text of a status, in English: what was wrong and what to do.
 *
 * @param status  any number, as `afterbeep_status` or not.
 * @return a static text, never NULL.
 * Thread: [any]; real-time safe.  Since: 0.1.
 */
AFTERBEEP_API const char *afterbeep_status_str(int32_t status) AFTERBEEP_NONBLOCKING;

/**
 * The version of the library that is linked: major << 16 | minor << 8 | patch.
 *
 * Thread: [any]; real-time safe.  Since: 0.1.
 */
AFTERBEEP_API uint32_t afterbeep_version(void) AFTERBEEP_NONBLOCKING;

/**
 * Bytes that a receiver needs: AFTERBEEP_DTMF_BYTES is always enough.
 *
 * Thread: [any]; real-time safe.  Since: 0.1.
 */
AFTERBEEP_API size_t afterbeep_dtmf_size(void) AFTERBEEP_NONBLOCKING;

/**
 * Makes a receiver in memory of the caller's, which may hold anything, an older receiver included.
 *
 * @param memory          not NULL, aligned for uint64_t; it stays the receiver's until it is not used any more.
 * @param memory_size     afterbeep_dtmf_size() or more.
 * @param sample_rate_hz  8000.
 * @param profile         in; what to accept and to reject; copied. NULL for the default.
 * @param error           out; which field of the profile is wrong; written on failure only. May be NULL.
 * @param out_dtmf        out, not NULL; the receiver, which is `memory`; NULL on failure.
 * @retval AFTERBEEP_STATUS_SAMPLE_RATE       the rate is not supported.
 * @retval AFTERBEEP_STATUS_CONFIG            the profile contradicts itself, or is out of range.
 * @retval AFTERBEEP_STATUS_BUFFER_TOO_SMALL  the memory is too small.
 * @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  a pointer is NULL, the memory is not aligned, or the profile's
 *                                            struct_size is wrong.
 * Thread: [any]; real-time safe.  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_dtmf_init(void *memory,
                                     size_t memory_size,
                                     uint32_t sample_rate_hz,
                                     const struct afterbeep_dtmf_profile *profile,
                                     struct afterbeep_error *error,
                                     struct afterbeep_dtmf **out_dtmf)
AFTERBEEP_NONBLOCKING;

/**
 * Takes a frame; poll afterwards for what it brought.
 *
 * @param dtmf          not NULL.
 * @param pcm           in; sample_count samples. Not NULL, unless that is 0.
 * @param sample_count  any number. Frames of up to 400 samples lose no event if they are polled for after each.
 * @retval AFTERBEEP_STATUS_OVERRUN           too many events await: the oldest were lost. The frame was taken.
 * @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  a pointer is NULL.
 * Thread: [media], one at a time per receiver; real-time safe.  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_dtmf_push(struct afterbeep_dtmf *dtmf,
                                     const int16_t *pcm,
                                     size_t sample_count)
AFTERBEEP_NONBLOCKING;

/**
 * Takes samples that the line lost, in place of a frame: a tone before and after up to 100 ms of them is one.
 *
 * @param dtmf          not NULL.
 * @param sample_count  any number. More than 800 end a tone: what follows is another press.
 * @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  dtmf is NULL.
 * Thread: as afterbeep_dtmf_push(); real-time safe.  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_dtmf_push_lost(struct afterbeep_dtmf *dtmf,
                                          size_t sample_count)
AFTERBEEP_NONBLOCKING;

/**
 * The line is over: reports what its end makes certain, such as the end of a tone that still sounds. Poll afterwards;
 * a receiver that shall listen on is made anew by afterbeep_dtmf_init().
 *
 * @param dtmf  not NULL.
 * @retval AFTERBEEP_STATUS_OVERRUN, _INVALID_ARGUMENT  as for push.
 * Thread: as afterbeep_dtmf_push(); real-time safe.  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_dtmf_finish(struct afterbeep_dtmf *dtmf)
AFTERBEEP_NONBLOCKING;

/**
 * Takes the oldest event that awaits.
 *
 * @param dtmf       not NULL.
 * @param out_event  out, not NULL; written on success only.
 * @retval AFTERBEEP_STATUS_NONE              none awaits.
 * @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  a pointer is NULL.
 * Thread: the one that pushes; real-time safe.  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_dtmf_poll(struct afterbeep_dtmf *dtmf,
                                     struct afterbeep_dtmf_event *out_event)
AFTERBEEP_NONBLOCKING;

/**
 * Fills *profile with the figures of a standard.
 *
 * @param profile      out, not NULL.
 * @param struct_size  sizeof(afterbeep_dtmf_profile) as the caller was compiled; no byte past it is written.
 * @param name         "att", "ntt", "dk", "au", "br" (the columns of ITU-T Q.24), "etsi" (ES 201 235-3), "relaxed"
 *                     (10 dB of twist either way), or "default", as is NULL.
 * @param error        out; says which of the arguments is wrong; written on failure only. May be NULL.
 * @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  profile is NULL, struct_size is less than in 0.1, or there is no
 *                                            such name.
 * Thread: [any]; real-time safe.  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_dtmf_profile_init(struct afterbeep_dtmf_profile *profile,
                                             size_t struct_size,
                                             const char *name,
                                             struct afterbeep_error *error)
AFTERBEEP_NONBLOCKING;

/**
 * Decodes A-law (ITU-T G.711) to 16-bit linear samples.
 *
 * @param codes         in; `sample_count` codes. May be NULL where that is 0.
 * @param pcm           out; room for `sample_count` samples. May be NULL where that is 0.
 * @param sample_count  any number.
 * Thread: [any]; real-time safe.  Since: 0.1.
 */
AFTERBEEP_API
void afterbeep_alaw_decode(const uint8_t *codes,
                           int16_t *pcm,
                           size_t sample_count)
AFTERBEEP_NONBLOCKING;

/**
 * Decodes µ-law (ITU-T G.711) to 16-bit linear samples. Parameters as afterbeep_alaw_decode().
 *
 * Thread: [any]; real-time safe.  Since: 0.1.
 */
AFTERBEEP_API
void afterbeep_ulaw_decode(const uint8_t *codes,
                           int16_t *pcm,
                           size_t sample_count)
AFTERBEEP_NONBLOCKING;

/**
 * The same, but negative zero, 0x7F, is -1 and not 0, so that a file of AFTERBEEP_FORMAT_ULAW has the line's bytes again,
 * all of them. Parameters as afterbeep_alaw_decode().
 *
 * Thread: [any]; real-time safe.  Since: 0.1.
 */
AFTERBEEP_API
void afterbeep_ulaw_decode_exact(const uint8_t *codes,
                                 int16_t *pcm,
                                 size_t sample_count)
AFTERBEEP_NONBLOCKING;

/**
 * Encodes 16-bit linear samples as A-law (ITU-T G.711).
 *
 * @param pcm           in; `sample_count` samples. May be NULL where that is 0.
 * @param codes         out; room for `sample_count` codes. May be NULL where that is 0.
 * @param sample_count  any number.
 * Thread: [any]; real-time safe.  Since: 0.1.
 */
AFTERBEEP_API
void afterbeep_alaw_encode(const int16_t *pcm,
                           uint8_t *codes,
                           size_t sample_count)
AFTERBEEP_NONBLOCKING;

/**
 * Encodes 16-bit linear samples as µ-law (ITU-T G.711). Parameters as afterbeep_alaw_encode().
 *
 * Thread: [any]; real-time safe.  Since: 0.1.
 */
AFTERBEEP_API
void afterbeep_ulaw_encode(const int16_t *pcm,
                           uint8_t *codes,
                           size_t sample_count)
AFTERBEEP_NONBLOCKING;

/**
 * Level in dBm0 of noise or speech by its mean |sample|, as Asterisk and FreeSWITCH write silence thresholds: 256 is
 * -34.0 dBm0. A sine of the same mean is 0.9 dB lower.
 *
 * @param mean_abs  mean magnitude in sample steps, [0, 32768]; what is not above 0 gives -100 dBm0.
 * Thread: [any]; real-time safe.  Since: 0.1.
 */
AFTERBEEP_API
float afterbeep_dbm0_from_mean_abs(float mean_abs)
AFTERBEEP_NONBLOCKING;

/**
 * Reads the payload of an RTP packet of type telephone-event.
 *
 * @param payload        in; payload_size bytes, not NULL.
 * @param payload_size   4 or more; what follows is left alone.
 * @param rtp_timestamp  that of the packet.
 * @param out_event      out, not NULL; written on success only.
 * @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  a pointer is NULL, or the payload is too short.
 * Thread: [any]; real-time safe.  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_telephone_event_parse(const uint8_t *payload,
                                                 size_t payload_size,
                                                 uint32_t rtp_timestamp,
                                                 struct afterbeep_telephone_event *out_event)
AFTERBEEP_NONBLOCKING;

/**
 * The name of a tone's kind, as results everywhere have it: "busy", "dial", and so on.
 *
 * @param tone_kind  any number.
 * @return a static text, never NULL; "unknown" for a number that is no afterbeep_tone_kind.
 * Thread: [any]; real-time safe.  Since: 0.1.
 */
AFTERBEEP_API const char *afterbeep_tone_kind_str(uint32_t tone_kind) AFTERBEEP_NONBLOCKING;

#if defined(AFTERBEEP_HOSTED)
/**
 * Fills *config with the defaults.
 *
 * @param config       out, not NULL.
 * @param struct_size  sizeof(afterbeep_engine_config) as the caller was compiled; no byte past it is
 *                     written.
 * @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  config is NULL, or struct_size is less than in 0.1.
 * Thread: [any].  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_engine_config_init(struct afterbeep_engine_config *config,
                                              size_t struct_size);

/**
 * Starts an engine and its writer threads.
 *
 * @param config      in; NULL for the defaults. Copied.
 * @param error       out; why it failed; written on failure only. May be NULL.
 * @param out_engine  out, not NULL; NULL on failure. Destroy it with afterbeep_engine_destroy().
 * @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  out_engine is NULL, struct_size is wrong, durability is no level, or
 *                                            reserved is not 0.
 * @retval AFTERBEEP_STATUS_CONFIG            a field is out of range.
 * @retval AFTERBEEP_STATUS_NOT_FOUND, _NOT_A_DIRECTORY, _PERMISSION  repair_directory cannot be repaired.
 * @retval AFTERBEEP_STATUS_DESCRIPTORS       no file descriptor is left.
 * @retval AFTERBEEP_STATUS_FORKED            the process is a fork of one that had used the library.
 * @retval AFTERBEEP_STATUS_IO                a thread could not be started.
 * Thread: [control]; blocks.  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_engine_create(const struct afterbeep_engine_config *config,
                                         struct afterbeep_error *error,
                                         struct afterbeep_engine **out_engine);

/**
 * Stops every session and waits until all messages are finished, and those synced that are to be. Handles of its sessions stay safe to use: they answer
 * AFTERBEEP_STATUS_STALE. Afterwards the engine can only be destroyed.
 *
 * What is not finished in time, the library's threads finish when the disk lets them, as long as the process lives; each
 * file is valid up to its last batch in any case.
 *
 * @param engine          not NULL.
 * @param timeout_ms      how long to wait at most.
 * @param out_unfinished  out; how many messages are not finished; afterbeep_engine_unfinished_path() tells where they
 *                        are. May be NULL.
 * @retval AFTERBEEP_STATUS_NOT_FINISHED      some are not finished, or none, but a file system is not synced. The engine
 *                                            is closed all the same.
 * @retval AFTERBEEP_STATUS_BUSY              a call of the event callback has not returned. The engine is closed all the
 *                                            same; what the callback uses has to stay. *out_unfinished tells the rest.
 * @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  engine is NULL.
 * @retval AFTERBEEP_STATUS_CLOSED            it was closed before.
 * Thread: [control]; blocks. No other call with this engine may be under way.  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_engine_close(struct afterbeep_engine *engine,
                                        uint32_t timeout_ms,
                                        size_t *out_unfinished);

/**
 * Where a message is that closing left unfinished.
 *
 * @param engine   not NULL; closed.
 * @param index    below what afterbeep_engine_close() told.
 * @param buffer   out; the path, NUL-terminated.
 * @param size     room in the buffer.
 * @param out_len  out; the path's length without the NUL. May be NULL.
 * @retval AFTERBEEP_STATUS_NONE              there is no such message.
 * @retval AFTERBEEP_STATUS_BUFFER_TOO_SMALL  the path and its NUL do not fit; *out_len is set.
 * @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  engine is NULL.
 * Thread: [control].  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_engine_unfinished_path(const struct afterbeep_engine *engine,
                                                  size_t index,
                                                  char *buffer,
                                                  size_t size,
                                                  size_t *out_len);

/**
 * Frees the engine. One that was not closed is closed first, with 10 s for its messages and for a call of the event
 * callback that is under way; a host whose callback may take longer closes first, and learns of it.
 *
 * @param engine  NULL does nothing.
 * Thread: [control]; blocks. No other call with this engine may be under way.  Since: 0.1.
 */
AFTERBEEP_API
void afterbeep_engine_destroy(struct afterbeep_engine *engine);

/**
 * Takes the oldest event that awaits, sessions before messages. Polling is for one's own loop; see also afterbeep_engine_event_fd().
 *
 * @param engine       not NULL.
 * @param out_event    out, not NULL; written on success only.
 * @param struct_size  sizeof(afterbeep_engine_event) as the caller was compiled.
 * @retval AFTERBEEP_STATUS_NONE              none awaits.
 * @retval AFTERBEEP_STATUS_OVERRUN           told once: later events were lost, because more than two a session of
 *                                            max_sessions awaited, or one of messages. What they told can be asked
 *                                            of the sessions, or of the store.
 * @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  a pointer is NULL, or struct_size is less than in 0.1.
 * @retval AFTERBEEP_STATUS_CLOSED            the engine was closed.
 * @retval AFTERBEEP_STATUS_FORKED            the process is a fork of the engine's.
 * Thread: [any]; takes no lock.  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_engine_poll_event(const struct afterbeep_engine *engine,
                                             struct afterbeep_engine_event *out_event,
                                             size_t struct_size);

/**
 * Takes the oldest event, or waits for one. Several threads may wait.
 *
 * @param engine       not NULL.
 * @param timeout_ms   how long to wait at most.
 * @param out_event    out, not NULL; written on success only.
 * @param struct_size  sizeof(afterbeep_engine_event) as the caller was compiled.
 * @retval AFTERBEEP_STATUS_NONE  none came in time.
 * @retval otherwise as afterbeep_engine_poll_event().
 * Thread: [control]; blocks.  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_engine_wait_event(const struct afterbeep_engine *engine,
                                             uint32_t timeout_ms,
                                             struct afterbeep_engine_event *out_event,
                                             size_t struct_size);

/**
 * A descriptor that is readable while events await, for the host's own poll loop (POLLIN): then
 * afterbeep_engine_poll_event() until there is none. Do not read or close it; it is closed with the engine.
 *
 * @param engine  not NULL.
 * @param out_fd  out, not NULL; -1 on failure.
 * @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  a pointer is NULL.
 * @retval AFTERBEEP_STATUS_CLOSED            the engine was closed.
 * Thread: [control].  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_engine_event_fd(const struct afterbeep_engine *engine,
                                           int *out_fd);

/**
 * Has events told by calls from a library thread, from now on until the engine is closed. An engine takes one callback.
 *
 * @param engine     not NULL.
 * @param callback   not NULL.
 * @param user_data  given to each call; any value.
 * @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  engine or callback is NULL.
 * @retval AFTERBEEP_STATUS_BUSY              the engine has a callback already.
 * @retval AFTERBEEP_STATUS_IO                the thread could not be started.
 * @retval AFTERBEEP_STATUS_FORKED            the process is a fork of the engine's.
 * @retval AFTERBEEP_STATUS_CLOSED            the engine was closed.
 * Thread: [control].  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_engine_set_event_callback(const struct afterbeep_engine *engine,
                                                     afterbeep_event_callback callback,
                                                     void *user_data);

/**
 * Makes whole files of the interrupted recordings in a directory and beneath it, and gives them their names. Links are not
 * followed; other people's files, and those that are being recorded, are left alone. A second run finds nothing to do.
 *
 * @param directory    not NULL.
 * @param options      in; NULL for the defaults.
 * @param callback     called for each of them; NULL for none.
 * @param user_data    for the callback.
 * @param error        out; why it failed; written on failure only. May be NULL.
 * @param out_report   out, not NULL; written on success only.
 * @param struct_size  sizeof(afterbeep_repair_report) as the caller was compiled.
 * @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  directory or out_report is NULL, a size is wrong, a field is neither 0 nor 1,
 *                                            or reserved is not 0.
 * @retval AFTERBEEP_STATUS_NOT_FOUND, _NOT_A_DIRECTORY, _PERMISSION, _IO  the directory cannot be read. Files that cannot
 *                                            be are counted, and stop nothing.
 * Thread: [control]; blocks.  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_repair(const char *directory,
                                  const struct afterbeep_repair_options *options,
                                  afterbeep_repair_callback callback,
                                  void *user_data,
                                  struct afterbeep_error *error,
                                  struct afterbeep_repair_report *out_report,
                                  size_t struct_size);

/**
 * The name of an end reason, as results everywhere have it: "dtmf", "hangup", and so on.
 *
 * @param end_reason  any number.
 * @return a static text, never NULL; "unknown" for a number that is no afterbeep_end_reason.
 * Thread: [any]; real-time safe.  Since: 0.1.
 */
AFTERBEEP_API const char *afterbeep_end_reason_str(uint32_t end_reason) AFTERBEEP_NONBLOCKING;

/**
 * The word for an end reason that comes nearest in another vocabulary, such as "TIMEOUT" for Asterisk's RECORD_STATUS.
 *
 * @param end_reason  any number.
 * @param vocabulary  afterbeep_vocabulary.
 * @return a static text, never NULL; "" where there is no such word, reason or vocabulary.
 * Thread: [any]; real-time safe.  Since: 0.1.
 */
AFTERBEEP_API
const char *afterbeep_end_reason_str_in(uint32_t end_reason,
                                        uint32_t vocabulary)
AFTERBEEP_NONBLOCKING;

/**
 * Waits until the message is finished (ended, written and renamed) and tells what became of it.
 *
 * @param session      any value.
 * @param timeout_ms   how long to wait at most; 0 only looks.
 * @param out_result   out, not NULL; written on success only.
 * @param struct_size  sizeof(afterbeep_result) as the caller was compiled.
 * @retval AFTERBEEP_STATUS_NOT_FINISHED      not yet.
 * @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  out_result is NULL, or struct_size is less than in 0.1.
 * @retval AFTERBEEP_STATUS_STALE, _FOREIGN   the handle is no open session's.
 * Thread: [control]; blocks.  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_session_result(struct afterbeep_session session,
                                          uint32_t timeout_ms,
                                          struct afterbeep_result *out_result,
                                          size_t struct_size);

/**
 * Where the finished message's file is, the first one where it was split.
 *
 * @param session  any value.
 * @param buffer   out; the path, NUL-terminated.
 * @param size     room in the buffer.
 * @param out_len  out; the path's length without the NUL. May be NULL.
 * @retval AFTERBEEP_STATUS_NOT_FINISHED      the message is not finished.
 * @retval AFTERBEEP_STATUS_NONE              the message has no file.
 * @retval AFTERBEEP_STATUS_BUFFER_TOO_SMALL  the path and its NUL do not fit; *out_len is set.
 * @retval AFTERBEEP_STATUS_STALE, _FOREIGN   the handle is no open session's.
 * Thread: [control].  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_session_path(struct afterbeep_session session,
                                        char *buffer,
                                        size_t size,
                                        size_t *out_len);

/**
 * Where one of the finished message's files is, in the order of the audio.
 *
 * @param session  any value.
 * @param index    which, from 0 on; there are afterbeep_result's file_count.
 * @param buffer   out; the path, NUL-terminated.
 * @param size     room in the buffer.
 * @param out_len  out; the path's length without the NUL. May be NULL.
 * @retval AFTERBEEP_STATUS_NONE  the message has no file of this index.
 * @retval otherwise as afterbeep_session_path().
 * Thread: [control].  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_session_path_at(struct afterbeep_session session,
                                           size_t index,
                                           char *buffer,
                                           size_t size,
                                           size_t *out_len);

/**
 * Lists the gaps of a finished message, in their order: where samples were lost by us, and why. 16 are kept.
 *
 * @param session    any value.
 * @param gaps       out; room for `capacity` gaps. May be NULL where that is 0.
 * @param capacity   how many fit.
 * @param out_count  out, not NULL; how many were written.
 * @retval AFTERBEEP_STATUS_NOT_FINISHED      the message is not finished.
 * @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  a pointer is NULL.
 * @retval AFTERBEEP_STATUS_STALE, _FOREIGN   the handle is no open session's.
 * Thread: [control].  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_session_gaps(struct afterbeep_session session,
                                        struct afterbeep_gap *gaps,
                                        size_t capacity,
                                        size_t *out_count);

/**
 * Opens a session: creates its file, reserves its ring and slot. The beep may start at once.
 *
 * @param engine       not NULL.
 * @param config       in, not NULL; copied.
 * @param error        out; why it failed; written on failure only. May be NULL.
 * @param out_session  out, not NULL; {0} on failure. Close it with afterbeep_session_close().
 * @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  a pointer is NULL, a text is not UTF-8, a number names nothing.
 * @retval AFTERBEEP_STATUS_CONFIG            a field is out of range.
 * @retval AFTERBEEP_STATUS_SAMPLE_RATE       the rate is not supported.
 * @retval AFTERBEEP_STATUS_NOT_FOUND, _NOT_A_DIRECTORY, _PERMISSION  the directory is not usable.
 * @retval AFTERBEEP_STATUS_FILE_NAME, _EXISTS  the name is not usable.
 * @retval AFTERBEEP_STATUS_FULL              max_sessions are open.
 * @retval AFTERBEEP_STATUS_DESCRIPTORS       no file descriptor is left.
 * @retval AFTERBEEP_STATUS_DISK_SPACE        the file system has less than min_free_kib left.
 * @retval AFTERBEEP_STATUS_FILE_SYSTEM_STALLED  writers are stalled there.
 * @retval AFTERBEEP_STATUS_CLOSED            the engine was closed.
 * @retval AFTERBEEP_STATUS_FORKED            the process is a fork of the engine's.
 * @retval AFTERBEEP_STATUS_IO                the operating system refused.
 * Thread: [control]; blocks on the file system.  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_session_open(struct afterbeep_engine *engine,
                                        const struct afterbeep_session_config *config,
                                        struct afterbeep_error *error,
                                        struct afterbeep_session *out_session);

/**
 * Takes the next frame of the caller's audio.
 *
 * @param session       any value; one that is no open session is answered as such.
 * @param pcm           in; sample_count samples, borrowed for the call. Not NULL, unless that is 0.
 * @param sample_count  [0, AFTERBEEP_FRAME_MAX_SAMPLES]; may differ from call to call.
 * @retval AFTERBEEP_STATUS_ENDED           the message is over; the frame was ignored.
 * @retval AFTERBEEP_STATUS_OVERRUN         the writer is behind; what did not fit is lost and declared
 *                                          in the result; recording goes on.
 * @retval AFTERBEEP_STATUS_BUSY            another thread is pushing, or the writer is just looking whether a signalled
 *                                          key has ended the session (rare): the frame was ignored, push it again.
 * @retval AFTERBEEP_STATUS_FRAME_TOO_LONG  push it in parts.
 * @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  pcm is NULL.
 * @retval AFTERBEEP_STATUS_STALE, _FOREIGN  the handle is no open session's.
 * Thread: [media]; real-time safe.  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_session_push(struct afterbeep_session session,
                                        const int16_t *pcm,
                                        size_t sample_count)
AFTERBEEP_NONBLOCKING;

/**
 * Takes a frame for each of many sessions, for hosts that tick all their channels at once: what afterbeep_session_push()
 * does for each of them, and the next ones' memory is fetched meanwhile.
 *
 * @param sessions       in; count of them, any values.
 * @param frames         in; count of them, as for push.
 * @param sample_counts  in; count of them, each [0, AFTERBEEP_FRAME_MAX_SAMPLES].
 * @param count          sessions; may be 0.
 * @param out_statuses   out, not NULL unless count is 0; what push would have answered for each.
 * @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  an array is NULL; nothing was pushed.
 * Thread: [media]; real-time safe. Each session's rules are those of push.  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_push_many(const struct afterbeep_session *sessions,
                                     const int16_t *const *frames,
                                     const size_t *sample_counts,
                                     size_t count,
                                     afterbeep_status *out_statuses)
AFTERBEEP_NONBLOCKING;

/**
 * Takes samples that the line lost; silence is recorded in their place, or comfort noise.
 *
 * @param session       any value.
 * @param sample_count  [0, AFTERBEEP_FRAME_MAX_SAMPLES]; a longer loss takes several calls.
 * @retval as afterbeep_session_push().
 * Thread: [media]; real-time safe.  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_session_push_lost(struct afterbeep_session session,
                                             size_t sample_count)
AFTERBEEP_NONBLOCKING;

/**
 * Takes the next frame with its RTP timestamp, in units of a sample: a gap before it, up to five minutes, is filled with
 * silence, as afterbeep_session_push_lost() does. The first frame begins the stream. Late and repeated frames are
 * dropped; who wants late ones puts them in order first. A frame of no samples says that the line has come so far.
 *
 * @param session        any value.
 * @param rtp_timestamp  of the frame's first sample; it wraps around.
 * @param pcm            in; as for push.
 * @param sample_count   [0, AFTERBEEP_FRAME_MAX_SAMPLES].
 * @retval AFTERBEEP_STATUS_LATE            it came too late, or again: it was dropped, and is counted.
 * @retval AFTERBEEP_STATUS_TIMESTAMP_JUMP  its timestamp is minutes ahead, or long past: it was taken as what comes
 *                                          next, and the jump is counted.
 * @retval AFTERBEEP_STATUS_ENDED, _OVERRUN, _BUSY, _FRAME_TOO_LONG, _INVALID_ARGUMENT, _STALE, _FOREIGN  as for push.
 * Thread: [media]; real-time safe.  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_session_push_at(struct afterbeep_session session,
                                           uint32_t rtp_timestamp,
                                           const int16_t *pcm,
                                           size_t sample_count)
AFTERBEEP_NONBLOCKING;

/**
 * Fills a frame with what the caller shall hear: the beep's samples that are due, silence
 * afterwards. The beep runs on the push clock: it begins with the first push, and is over when as many samples were
 * pushed as it has, whether or not they are pulled.
 *
 * @param session       any value.
 * @param pcm           out; room for sample_count samples; silence on failure, unless it is refused as
 *                      too long. Not NULL, unless sample_count is 0.
 * @param sample_count  [0, AFTERBEEP_FRAME_MAX_SAMPLES].
 * @retval AFTERBEEP_STATUS_ENDED           the message is over.
 * @retval AFTERBEEP_STATUS_BUSY            another thread is pulling.
 * @retval AFTERBEEP_STATUS_FRAME_TOO_LONG, _INVALID_ARGUMENT, _STALE, _FOREIGN  as for push.
 * Thread: [media], and it may be another one than the one that pushes; real-time safe.  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_session_pull(struct afterbeep_session session,
                                        int16_t *pcm,
                                        size_t sample_count)
AFTERBEEP_NONBLOCKING;

/**
 * How many samples afterbeep_session_push() takes now without losing any: for feeders that are
 * faster than real time.
 *
 * @param session      any value.
 * @param out_samples  out, not NULL; written on success only.
 * @retval AFTERBEEP_STATUS_ENDED, _BUSY, _INVALID_ARGUMENT, _STALE, _FOREIGN  as for push.
 * Thread: [media]; real-time safe.  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_session_writable_samples(struct afterbeep_session session,
                                                    size_t *out_samples)
AFTERBEEP_NONBLOCKING;

/**
 * Where the session stands: afterbeep_state.
 *
 * @param session    any value.
 * @param out_state  out, not NULL; written on success only.
 * @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  out_state is NULL.
 * @retval AFTERBEEP_STATUS_STALE, _FOREIGN   the handle is no open session's.
 * Thread: [any]; real-time safe.  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_session_state(struct afterbeep_session session,
                                         uint32_t *out_state)
AFTERBEEP_NONBLOCKING;

/**
 * Takes a digit that came by signalling other than RTP (SIP INFO); it counts from the next sample on. A press that is
 * signalled both ways is given one way: this call and afterbeep_session_telephone_event() do not know of each other.
 *
 * @param session  any value.
 * @param digit    '0' to '9', '*', '#', 'A' to 'D'.
 * @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  it is no digit.
 * @retval AFTERBEEP_STATUS_BUSY              too many requests await the next frame.
 * @retval AFTERBEEP_STATUS_STALE, _FOREIGN   the handle is no open session's.
 * Thread: [control].  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_session_digit(struct afterbeep_session session,
                                         char digit);

/**
 * Takes a packet of an RTP telephone event (RFC 4733) as it arrives: each one, repetitions included. The digit counts
 * once, whichever of its packets arrive and whether or not its tones are heard, too. It began where its timestamp says
 * where frames come by afterbeep_session_push_at(), else as long ago as its duration says, 400 ms at most.
 *
 * @param session  any value.
 * @param event    in, not NULL; from afterbeep_telephone_event_parse(), or filled in by hand.
 * @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  event is NULL.
 * @retval AFTERBEEP_STATUS_BUSY              too many requests await the next frame; give it again after that.
 * @retval AFTERBEEP_STATUS_STALE, _FOREIGN   the handle is no open session's.
 * Thread: [control].  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_session_telephone_event(struct afterbeep_session session,
                                                   const struct afterbeep_telephone_event *event);

/**
 * The caller hung up: the message ends, and is kept. A message that ended already stays as it is.
 *
 * @param session  any value.
 * @retval AFTERBEEP_STATUS_STALE, _FOREIGN  the handle is no open session's.
 * Thread: [control].  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_session_hangup(struct afterbeep_session session);

/**
 * The line's own signals say that the caller is gone (loop-current drop, polarity reversal), or there after all. A drop
 * that lasts for line_drop_debounce_ms of audio ends the message as afterbeep_session_hangup() does.
 *
 * @param session  any value.
 * @param dropped  1 when the line dropped, 0 when it is back.
 * @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  dropped is neither.
 * @retval AFTERBEEP_STATUS_BUSY, _STALE, _FOREIGN  as for afterbeep_session_digit().
 * Thread: [control].  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_session_line_drop(struct afterbeep_session session,
                                             uint32_t dropped);

/**
 * Masks what follows, in any state: it never reaches the file, and no digit, tone or silence in it counts. Another mode
 * takes the place of the present one.
 *
 * @param session  any value.
 * @param mode     afterbeep_pause_mode.
 * @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  there is no such mode.
 * @retval AFTERBEEP_STATUS_BUSY, _STALE, _FOREIGN  as for afterbeep_session_digit().
 * Thread: [control]; takes effect with the next frame.  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_session_pause(struct afterbeep_session session,
                                         uint32_t mode);

/**
 * Goes on after a pause. Otherwise as afterbeep_session_pause().
 *
 * Thread: [control]; takes effect with the next frame.  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_session_resume(struct afterbeep_session session);

/**
 * Drops what was recorded and starts over in the same file, as for "press 3 to record again". Before the recording has
 * started, and after its end, this does nothing.
 *
 * @param session  any value.
 * @param beep     1 plays the beep again, if there is one; 0 records at once.
 * @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  beep is neither.
 * @retval AFTERBEEP_STATUS_BUSY, _STALE, _FOREIGN  as for afterbeep_session_digit().
 * Thread: [control]; takes effect with the next frame.  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_session_restart(struct afterbeep_session session,
                                           uint32_t beep);

/**
 * Ends the message, which is kept. Otherwise as afterbeep_session_hangup().
 *
 * Thread: [control].  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_session_stop(struct afterbeep_session session);

/**
 * Gives the message up: its file is deleted. Otherwise as afterbeep_session_hangup().
 *
 * Thread: [control].  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_session_cancel(struct afterbeep_session session);

/**
 * Gives the handle back. A message that has not ended is stopped, and finished by the writer.
 *
 * @param session  any value.
 * @retval AFTERBEEP_STATUS_STALE, _FOREIGN  the handle is no open session's.
 * Thread: [control].  Since: 0.1.
 */
AFTERBEEP_API afterbeep_status afterbeep_session_close(struct afterbeep_session session);

/**
 * Fills *config with the defaults; the directory is yours to set.
 *
 * @param config       out, not NULL.
 * @param struct_size  sizeof(afterbeep_session_config) as the caller was compiled; no byte past it
 *                     is written.
 * @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  config is NULL, or struct_size is less than in 0.1.
 * Thread: [any].  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_session_config_init(struct afterbeep_session_config *config,
                                               size_t struct_size);

/**
 * A detector of silence as a session with this configuration has it, on its own; see afterbeep_silence_create().
 *
 * @param config       not NULL; of its fields, sample_rate_hz and those of silence count.
 * @param error        out; says which field is wrong. May be NULL.
 * @param out_silence  out, not NULL; NULL on failure.
 * @retval AFTERBEEP_STATUS_SAMPLE_RATE       the rate is not 8000 Hz.
 * @retval AFTERBEEP_STATUS_CONFIG            a field is out of range.
 * @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  a pointer is NULL, a struct_size is wrong, or there is no such mode.
 * Thread: [control].  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_silence_create_like(const struct afterbeep_session_config *config,
                                               struct afterbeep_error *error,
                                               struct afterbeep_silence **out_silence);

/**
 * Takes the oldest event that awaits, also after the message's end. 64 are kept. Digits stand in no log.
 *
 * @param session      any value.
 * @param out_event    out, not NULL; written on success only.
 * @param struct_size  sizeof(afterbeep_session_event) as the caller was compiled.
 * @retval AFTERBEEP_STATUS_NONE              none awaits.
 * @retval AFTERBEEP_STATUS_OVERRUN           told once: later events were lost, because too many awaited.
 * @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  out_event is NULL, or struct_size is less than in 0.1.
 * @retval AFTERBEEP_STATUS_STALE, _FOREIGN   the handle is no open session's.
 * Thread: [control].  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_session_poll_event(struct afterbeep_session session,
                                              struct afterbeep_session_event *out_event,
                                              size_t struct_size);

/**
 * Creates a detector with a fixed threshold; afterbeep_silence_create_like() makes an adaptive one.
 *
 * @param sample_rate_hz  8000.
 * @param threshold_dbm0  the level that separates silence from sound, [-80, 0]. Sound starts 1.5 dB
 *                        above it and stops 1.5 dB below.
 * @param out_silence     out, not NULL; NULL on failure.
 * @retval AFTERBEEP_STATUS_SAMPLE_RATE       the rate is not supported.
 * @retval AFTERBEEP_STATUS_CONFIG            the threshold is out of range.
 * @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  out_silence is NULL.
 * Thread: [control].  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_silence_create(uint32_t sample_rate_hz,
                                          float threshold_dbm0,
                                          struct afterbeep_silence **out_silence);

/**
 * Takes a frame.
 *
 * @param silence       not NULL.
 * @param pcm           in; sample_count samples. Not NULL, unless that is 0.
 * @param sample_count  any number.
 * @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  a pointer is NULL.
 * Thread: [media], one at a time per detector; real-time safe.  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_silence_push(struct afterbeep_silence *silence,
                                        const int16_t *pcm,
                                        size_t sample_count)
AFTERBEEP_NONBLOCKING;

/**
 * What the line holds now, and since which sample.
 *
 * @param silence           not NULL.
 * @param out_is_silence    out, not NULL; 1 for silence, 0 for sound.
 * @param out_since_sample  out, not NULL; 0-based, counted from the first sample pushed.
 * @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  a pointer is NULL.
 * Thread: the one that pushes; real-time safe.  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_silence_state(struct afterbeep_silence *silence,
                                         uint32_t *out_is_silence,
                                         uint64_t *out_since_sample)
AFTERBEEP_NONBLOCKING;

/**
 * Frees a detector.
 *
 * @param silence  NULL does nothing.
 * Thread: [control].  Since: 0.1.
 */
AFTERBEEP_API void afterbeep_silence_destroy(struct afterbeep_silence *silence);

/**
 * What the engine has counted since its start: each number exact, read one after the other while work goes on.
 *
 * @param engine          not NULL.
 * @param out_statistics  out, not NULL.
 * @param struct_size     sizeof(afterbeep_statistics) as the caller was compiled.
 * @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  a pointer is NULL, or struct_size is less than in 0.1.
 * @retval AFTERBEEP_STATUS_CLOSED            the engine was closed.
 * Thread: [any]; takes no lock.  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_engine_statistics(const struct afterbeep_engine *engine,
                                             struct afterbeep_statistics *out_statistics,
                                             size_t struct_size);

/**
 * The same as text, in Prometheus's exposition format (version 0.0.4), for the host's metrics page.
 *
 * @param engine   not NULL.
 * @param buffer   out; the text, NUL-terminated.
 * @param size     room in the buffer; 8192 is enough.
 * @param out_len  out; the text's length without the NUL. May be NULL.
 * @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  engine is NULL.
 * @retval AFTERBEEP_STATUS_BUFFER_TOO_SMALL  the text and its NUL do not fit; *out_len is set.
 * @retval AFTERBEEP_STATUS_CLOSED            the engine was closed.
 * Thread: [control].  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_engine_prometheus(const struct afterbeep_engine *engine,
                                             char *buffer,
                                             size_t size,
                                             size_t *out_len);
#endif /* AFTERBEEP_HOSTED */

#if defined(AFTERBEEP_STORE)
/**
 * Fills *config with the defaults.
 *
 * @param config       out, not NULL.
 * @param struct_size  sizeof(afterbeep_element_runner_config) as the caller was compiled.
 * @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  config is NULL, or struct_size is less than in 0.1.
 * Thread: [any].  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_element_runner_config_init(struct afterbeep_element_runner_config *config,
                                                      size_t struct_size);

/**
 * Starts what runs elements, and writes what a crash has left in the store's journals.
 *
 * @param store       not NULL; it may be closed before the runner is destroyed.
 * @param config      in; NULL for the defaults. Copied.
 * @param error       out; why it failed; written on failure only. May be NULL.
 * @param out_runner  out, not NULL; NULL on failure. Destroy it with afterbeep_element_runner_destroy().
 * @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  a pointer is NULL, a size is wrong, or a field is out of range.
 * @retval AFTERBEEP_STATUS_STORE_UNUSABLE, _IO  the journal cannot be made, or a thread not be started.
 * @retval AFTERBEEP_STATUS_CLOSED, _FORKED   the store was closed, or is another process's.
 * Thread: [control]; blocks.  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_element_runner_create(const struct afterbeep_store *store,
                                                 const struct afterbeep_element_runner_config *config,
                                                 struct afterbeep_error *error,
                                                 struct afterbeep_element_runner **out_runner);

/**
 * Waits until the records of everything that came before are in the store, digests included.
 *
 * @param runner      not NULL.
 * @param timeout_ms  how long to wait at most.
 * @retval AFTERBEEP_STATUS_NOT_FINISHED      they are not, in this time.
 * @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  runner is NULL.
 * Thread: [control]; blocks.  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_element_runner_flush(const struct afterbeep_element_runner *runner,
                                                uint32_t timeout_ms);

/**
 * What the runner's recorder has done so far.
 *
 * @param runner          not NULL.
 * @param out_statistics  out, not NULL; written on success only.
 * @param struct_size     sizeof(afterbeep_recorder_statistics) as the caller was compiled.
 * @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  a pointer is NULL, or struct_size is wrong.
 * Thread: [any].  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_element_runner_statistics(const struct afterbeep_element_runner *runner,
                                                     struct afterbeep_recorder_statistics *out_statistics,
                                                     size_t struct_size);

/**
 * Frees the runner. Its recorder writes what is queued, into its journal where the store takes nothing; it does so once the
 * last of the runner's calls is destroyed, too.
 *
 * @param runner  NULL does nothing.
 * Thread: [control]; blocks. No other call with this runner may be under way.  Since: 0.1.
 */
AFTERBEEP_API
void afterbeep_element_runner_destroy(struct afterbeep_element_runner *runner);

/**
 * Fills *config with the defaults.
 *
 * @param config       out, not NULL.
 * @param struct_size  sizeof(afterbeep_element_call_config) as the caller was compiled.
 * @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  config is NULL, or struct_size is less than in 0.1.
 * Thread: [any].  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_element_call_config_init(struct afterbeep_element_call_config *config,
                                                    size_t struct_size);

/**
 * Begins a message: its record, then its file. Blocks on both, for a second at most on the record. A failure has left nothing
 * behind; afterbeep_element_refused() says what the flow does then.
 *
 * @param runner    not NULL.
 * @param engine    not NULL.
 * @param element   not NULL; it may go before the call is finished.
 * @param config    in; NULL for the defaults. Copied.
 * @param error     out; why it failed; written on failure only. May be NULL.
 * @param out_call  out, not NULL; NULL on failure. Destroy it with afterbeep_element_call_destroy().
 * @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  a pointer is NULL, a text is not UTF-8, a size is wrong, or a number names nothing.
 * @retval AFTERBEEP_STATUS_UNKNOWN           the store has no such tenant.
 * @retval AFTERBEEP_STATUS_TENANT_CLOSED     it takes nothing new.
 * @retval AFTERBEEP_STATUS_QUOTA_EXCEEDED    its quota is full.
 * @retval AFTERBEEP_STATUS_VARIABLE          a variable that is to receive a string holds none.
 * @retval AFTERBEEP_STATUS_STORE_UNAVAILABLE, _STORE_UNUSABLE  the tenant cannot be looked up, and was not seen before.
 * @retval otherwise as afterbeep_session_open().
 * Thread: [control]; blocks.  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_element_begin(const struct afterbeep_element_runner *runner,
                                         const struct afterbeep_engine *engine,
                                         const struct afterbeep_leave_message *element,
                                         const struct afterbeep_element_call_config *config,
                                         struct afterbeep_error *error,
                                         struct afterbeep_element_call **out_call);

/**
 * The session to feed, as any other; afterbeep_element_call_finish() does not close it.
 *
 * @param call  NULL has none.
 * @return the session, or {0}.
 * Thread: [any].  Since: 0.1.
 */
AFTERBEEP_API
struct afterbeep_session afterbeep_element_call_session(const struct afterbeep_element_call *call);

/**
 * The id of the message's record.
 *
 * @param call    not NULL.
 * @param buffer  out; the id, NUL-terminated: "" where the message is to have no record.
 * @param size    room in the buffer; AFTERBEEP_MESSAGE_ID_BYTES is enough.
 * @retval AFTERBEEP_STATUS_BUFFER_TOO_SMALL  it does not fit.
 * @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  call is NULL.
 * Thread: [any].  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_element_call_message_id(const struct afterbeep_element_call *call,
                                                   char *buffer,
                                                   size_t size);

/**
 * Ends an element with the result of its session, and says what the flow does next. The record follows on the runner's
 * thread.
 *
 * @param call         not NULL.
 * @param timeout_ms   how long to wait for the session's result; 0 only looks.
 * @param variables    out; receives the flow's variables, those that the element has set included, in place of what it held. May be NULL.
 * @param error        out; why it failed; written on failure only. May be NULL.
 * @param out_outcome  out, not NULL; written on success only.
 * @param struct_size  sizeof(afterbeep_outcome) as the caller was compiled.
 * @retval AFTERBEEP_STATUS_NOT_FINISHED      the session is not finished yet; call again.
 * @retval AFTERBEEP_STATUS_STALE             the session was closed before: the record is completed by
 *                                            afterbeep_store_sweep() when this process has ended.
 * @retval AFTERBEEP_STATUS_CLOSED            the call was finished before.
 * @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  a pointer is NULL, or struct_size is wrong.
 * Thread: [control]; blocks.  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_element_call_finish(struct afterbeep_element_call *call,
                                               uint32_t timeout_ms,
                                               struct afterbeep_variables *variables,
                                               struct afterbeep_error *error,
                                               struct afterbeep_outcome *out_outcome,
                                               size_t struct_size);

/**
 * What the flow does where afterbeep_element_begin() failed: its branch is AFTERBEEP_BRANCH_ERROR, or _EXCEPTION where the
 * element has no branch for errors, and the variables that were to receive something are empty.
 *
 * @param element      not NULL.
 * @param variables    in and out; the flow's. May be NULL.
 * @param out_outcome  out, not NULL; written on success only.
 * @param struct_size  sizeof(afterbeep_outcome) as the caller was compiled.
 * @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  a pointer is NULL, or struct_size is wrong.
 * Thread: [control].  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_element_refused(const struct afterbeep_leave_message *element,
                                           struct afterbeep_variables *variables,
                                           struct afterbeep_outcome *out_outcome,
                                           size_t struct_size);

/**
 * Frees the call. One that was not finished stays in the store as it is until this process has ended and
 * afterbeep_store_sweep() completes it; its session is not closed.
 *
 * @param call  NULL does nothing.
 * Thread: [control]; no other call with it may be under way.  Since: 0.1.
 */
AFTERBEEP_API
void afterbeep_element_call_destroy(struct afterbeep_element_call *call);

/**
 * Fills *config with the defaults.
 *
 * @param config       out, not NULL.
 * @param struct_size  sizeof(afterbeep_leave_message_config) as the caller was compiled; no byte past it is written.
 * @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  config is NULL, or struct_size is less than in 0.1.
 * Thread: [any].  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_leave_message_config_init(struct afterbeep_leave_message_config *config,
                                                     size_t struct_size);

/**
 * Makes an element of a struct.
 *
 * @param config       in, not NULL; copied.
 * @param error        out; why it failed; written on failure only. May be NULL.
 * @param out_element  out, not NULL; NULL on failure. Destroy it with afterbeep_leave_message_destroy().
 * @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  a pointer is NULL, a text is not UTF-8, a size is wrong, or a number names nothing.
 * @retval AFTERBEEP_STATUS_CONFIG            a field is out of range; the error says which.
 * Thread: [control].  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_leave_message_create(const struct afterbeep_leave_message_config *config,
                                                struct afterbeep_error *error,
                                                struct afterbeep_leave_message **out_element);

/**
 * Makes an element of JSON, as the command line has it.
 *
 * @param json         not NULL. An unknown key is an error that names it.
 * @param error        out; why it failed; written on failure only. May be NULL.
 * @param out_element  out, not NULL; NULL on failure. Destroy it with afterbeep_leave_message_destroy().
 * @retval as afterbeep_leave_message_create().
 * Thread: [control].  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_leave_message_create_from_json(const char *json,
                                                          struct afterbeep_error *error,
                                                          struct afterbeep_leave_message **out_element);

/**
 * Frees the element. Messages that it began go on.
 *
 * @param element  NULL does nothing.
 * Thread: [any]; no other call with it may be under way.  Since: 0.1.
 */
AFTERBEEP_API
void afterbeep_leave_message_destroy(struct afterbeep_leave_message *element);

/**
 * Fills *query with the defaults: all messages, the newest first.
 *
 * @param query        out, not NULL.
 * @param struct_size  sizeof(afterbeep_query) as the caller was compiled.
 * @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  query is NULL, or struct_size is less than in 0.1.
 * Thread: [any].  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_query_init(struct afterbeep_query *query,
                                      size_t struct_size);

/**
 * The name of a message's status, as JSON has it: "to_be_allocated", "unprocessed", and so on.
 *
 * @param status  any number.
 * @return a static text, never NULL; "unknown" for a number that is no afterbeep_message_status.
 * Thread: [any].  Since: 0.1.
 */
AFTERBEEP_API const char *afterbeep_message_status_str(uint32_t status);

/**
 * Reads a page of a list.
 *
 * @param store     not NULL.
 * @param query     in, not NULL; copied.
 * @param error     out; why it failed; written on failure only. May be NULL.
 * @param out_page  out, not NULL; NULL on failure. Destroy it with afterbeep_page_destroy().
 * @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  a pointer is NULL, a text is not UTF-8, a size is wrong, or a field is out of range.
 * @retval AFTERBEEP_STATUS_STORE_UNAVAILABLE, _STORE_UNUSABLE, _IO  the store cannot be used.
 * @retval AFTERBEEP_STATUS_CLOSED, _FORKED   the store was closed, or is another process's.
 * Thread: [control]; blocks.  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_store_list(const struct afterbeep_store *store,
                                      const struct afterbeep_query *query,
                                      struct afterbeep_error *error,
                                      struct afterbeep_page **out_page);

/**
 * Counts the messages of a list, exactly up to 10000.
 *
 * @param store      not NULL.
 * @param query      in, not NULL; its place and limit do not matter.
 * @param error      out; why it failed; written on failure only. May be NULL.
 * @param out_count  out, not NULL; how many, 10000 at most.
 * @param out_more   out; 1 where there are more than that, else 0. May be NULL.
 * @retval as afterbeep_store_list().
 * Thread: [control]; blocks.  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_store_count(const struct afterbeep_store *store,
                                       const struct afterbeep_query *query,
                                       struct afterbeep_error *error,
                                       uint64_t *out_count,
                                       uint32_t *out_more);

/**
 * Reads one message, kept or being recorded, as a page of one.
 *
 * @param store     not NULL.
 * @param id        not NULL.
 * @param error     out; why it failed; written on failure only. May be NULL.
 * @param out_page  out, not NULL; NULL on failure. Destroy it with afterbeep_page_destroy().
 * @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  a pointer is NULL, or id is no message's.
 * @retval AFTERBEEP_STATUS_UNKNOWN           there is no such message.
 * @retval otherwise as afterbeep_store_list().
 * Thread: [control]; blocks.  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_store_get(const struct afterbeep_store *store,
                                     const char *id,
                                     struct afterbeep_error *error,
                                     struct afterbeep_page **out_page);

/**
 * How many messages a page has.
 *
 * @param page  NULL has none.
 * @return the number.
 * Thread: [any].  Since: 0.1.
 */
AFTERBEEP_API size_t afterbeep_page_size(const struct afterbeep_page *page);

/**
 * A message of a page.
 *
 * @param page         not NULL.
 * @param index        below afterbeep_page_size().
 * @param out_message  out, not NULL; its texts are valid until the page is destroyed.
 * @param struct_size  sizeof(afterbeep_message) as the caller was compiled.
 * @retval AFTERBEEP_STATUS_NONE              the page has no such message.
 * @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  a pointer is NULL, or struct_size is wrong.
 * Thread: [any].  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_page_message(const struct afterbeep_page *page,
                                        size_t index,
                                        struct afterbeep_message *out_message,
                                        size_t struct_size);

/**
 * Where the next page begins: for a query's `after`. It holds even if messages come or go meanwhile.
 *
 * @param page    not NULL.
 * @param buffer  out; the place, NUL-terminated.
 * @param size    room in the buffer; 48 is enough.
 * @retval AFTERBEEP_STATUS_NONE              this is the last page.
 * @retval AFTERBEEP_STATUS_BUFFER_TOO_SMALL  it does not fit.
 * @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  page is NULL.
 * Thread: [any].  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_page_cursor(const struct afterbeep_page *page,
                                       char *buffer,
                                       size_t size);

/**
 * Frees a page, and the texts of its messages.
 *
 * @param page  NULL does nothing.
 * Thread: [any]; no other call with it may be under way.  Since: 0.1.
 */
AFTERBEEP_API void afterbeep_page_destroy(struct afterbeep_page *page);

/**
 * Gives a message to an agent who is known, from any status but processed.
 *
 * @param store  not NULL.
 * @param id     the message; not NULL.
 * @param agent  not NULL.
 * @param actor  who does so, for the history; may be NULL.
 * @param error  out; why it failed; written on failure only. May be NULL.
 * @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  a pointer is NULL, a text is not UTF-8, or id is no message's.
 * @retval AFTERBEEP_STATUS_UNKNOWN           there is no such message, or agent.
 * @retval AFTERBEEP_STATUS_TRANSITION        it is processed.
 * @retval AFTERBEEP_STATUS_STORE_UNAVAILABLE, _STORE_UNUSABLE, _IO  the store cannot be used.
 * @retval AFTERBEEP_STATUS_CLOSED, _FORKED   the store was closed, or is another process's.
 * Thread: [control]; blocks.  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_store_allocate(const struct afterbeep_store *store,
                                          const char *id,
                                          const char *agent,
                                          const char *actor,
                                          struct afterbeep_error *error);

/**
 * Changes a message's status to one that may follow.
 *
 * @param store   not NULL.
 * @param id      the message; not NULL.
 * @param status  afterbeep_message_status.
 * @param actor   who does so, for the history; may be NULL.
 * @param error   out; why it failed; written on failure only. May be NULL.
 * @retval AFTERBEEP_STATUS_TRANSITION  it cannot become that; the error says what it can.
 * @retval otherwise as afterbeep_store_allocate().
 * Thread: [control]; blocks.  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_store_set_status(const struct afterbeep_store *store,
                                            const char *id,
                                            uint32_t status,
                                            const char *actor,
                                            struct afterbeep_error *error);

/**
 * Sets a value of a message's data, or takes it away.
 *
 * @param store  not NULL.
 * @param id     the message; not NULL.
 * @param key    not NULL.
 * @param value  NULL takes it away.
 * @param error  out; why it failed; written on failure only. May be NULL.
 * @retval as afterbeep_store_allocate().
 * Thread: [control]; blocks.  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_store_set_data(const struct afterbeep_store *store,
                                          const char *id,
                                          const char *key,
                                          const char *value,
                                          struct afterbeep_error *error);

/**
 * Sets or releases the legal hold of a message: nothing deletes one that is on hold.
 *
 * @param store  not NULL.
 * @param id     the message; not NULL.
 * @param hold   1 sets it, 0 releases it.
 * @param actor  who does so, for the access log; may be NULL.
 * @param error  out; why it failed; written on failure only. May be NULL.
 * @retval as afterbeep_store_allocate().
 * Thread: [control]; blocks.  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_store_set_hold(const struct afterbeep_store *store,
                                          const char *id,
                                          uint32_t hold,
                                          const char *actor,
                                          struct afterbeep_error *error);

/**
 * Tells how a message's status came about, the oldest first.
 *
 * @param store      not NULL.
 * @param id         the message; not NULL.
 * @param callback   called for each entry; not NULL.
 * @param user_data  for the callback.
 * @param error      out; why it failed; written on failure only. May be NULL.
 * @retval as afterbeep_store_allocate().
 * Thread: [control]; blocks.  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_store_history(const struct afterbeep_store *store,
                                         const char *id,
                                         afterbeep_history_callback callback,
                                         void *user_data,
                                         struct afterbeep_error *error);

/**
 * Opens the recording of a message for reading, through its volume, and notes that in the access log.
 *
 * @param store   not NULL.
 * @param id      the message; not NULL.
 * @param actor   who listens, for the access log; may be NULL.
 * @param error   out; why it failed; written on failure only. May be NULL.
 * @param out_fd  out, not NULL; a file descriptor, the caller's to close(); -1 on failure.
 * @retval AFTERBEEP_STATUS_IO  the file cannot be opened; the error has the number.
 * @retval otherwise as afterbeep_store_allocate().
 * Thread: [control]; blocks.  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_store_open_audio(const struct afterbeep_store *store,
                                            const char *id,
                                            const char *actor,
                                            struct afterbeep_error *error,
                                            int *out_fd);

/**
 * Writes the messages of a list, all of them, to a file descriptor: CSV with a head line, or a JSON object a line.
 *
 * @param store      not NULL.
 * @param query      in, not NULL; its limit is what is read at once.
 * @param json       1 for JSON, 0 for CSV.
 * @param fd         open for writing; it stays the caller's, and open.
 * @param error      out; why it failed; written on failure only. May be NULL.
 * @param out_count  out; how many were written. May be NULL.
 * @retval AFTERBEEP_STATUS_IO  the file cannot be written; the error has the number.
 * @retval otherwise as afterbeep_store_list().
 * Thread: [control]; blocks.  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_store_export(const struct afterbeep_store *store,
                                        const struct afterbeep_query *query,
                                        uint32_t json,
                                        int fd,
                                        struct afterbeep_error *error,
                                        uint64_t *out_count);

/**
 * Deletes a message, file and record, with an entry in the deletion log.
 *
 * @param store  not NULL.
 * @param id     the message; not NULL.
 * @param error  out; why it failed; written on failure only. May be NULL.
 * @retval AFTERBEEP_STATUS_HELD  it is on legal hold.
 * @retval AFTERBEEP_STATUS_IO    its file cannot be removed: it is in no list any more, and each sweep tries again.
 * @retval otherwise as afterbeep_store_allocate().
 * Thread: [control]; blocks.  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_store_delete(const struct afterbeep_store *store,
                                        const char *id,
                                        struct afterbeep_error *error);

/**
 * Fills *config with the defaults.
 *
 * @param config       out, not NULL.
 * @param struct_size  sizeof(afterbeep_store_config) as the caller was compiled; no byte past it is written.
 * @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  config is NULL, or struct_size is less than in 0.1.
 * Thread: [any].  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_store_config_init(struct afterbeep_store_config *config,
                                             size_t struct_size);

/**
 * Opens a store, and brings its schema up to date. Where the database is there and cannot be used now, each call tries again,
 * and is answered AFTERBEEP_STATUS_STORE_UNAVAILABLE until that works; recordings go on, and their records follow.
 *
 * @param config     in, not NULL; copied.
 * @param error      out; why it failed; written on failure only. May be NULL.
 * @param out_store  out, not NULL; NULL on failure. Destroy it with afterbeep_store_destroy().
 * @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  a pointer is NULL, a text is not UTF-8, a size is wrong, or a field is out of range.
 * @retval AFTERBEEP_STATUS_STORE_MISSING     there is none, and create is 0.
 * @retval AFTERBEEP_STATUS_STORE_UNUSABLE    a newer version wrote it.
 * @retval AFTERBEEP_STATUS_IO                the directory cannot be made.
 * Thread: [control]; blocks.  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_store_create(const struct afterbeep_store_config *config,
                                        struct afterbeep_error *error,
                                        struct afterbeep_store **out_store);

/**
 * Closes the store. Runners and sweeps that were made on it go on until they are destroyed. Every later call with it
 * answers AFTERBEEP_STATUS_CLOSED; it can only be destroyed.
 *
 * @param store  not NULL.
 * @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  store is NULL.
 * @retval AFTERBEEP_STATUS_CLOSED            it was closed before.
 * Thread: [control]; blocks. No other call with this store may be under way.  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_store_close(struct afterbeep_store *store);

/**
 * Frees the store, and closes it before that.
 *
 * @param store  NULL does nothing.
 * Thread: [control]; blocks. No other call with this store may be under way.  Since: 0.1.
 */
AFTERBEEP_API void afterbeep_store_destroy(struct afterbeep_store *store);

/**
 * Adds agents to a tenant's directory, or renames them: all, or none.
 *
 * @param store   not NULL.
 * @param tenant  not NULL.
 * @param agents  not NULL; the text of a list: a JSON array of objects with "agent_id", and "name" if there is one, or of
 *                ids; or CSV with a head line, the column agent_id, and name if there is one. JSON begins with '['.
 * @param error   out; why it failed; written on failure only. May be NULL.
 * @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  a pointer is NULL, or a text is not UTF-8.
 * @retval AFTERBEEP_STATUS_CONFIG            the list cannot be read, or an id cannot be one.
 * @retval AFTERBEEP_STATUS_UNKNOWN           there is no such tenant.
 * @retval AFTERBEEP_STATUS_STORE_UNAVAILABLE, _STORE_UNUSABLE, _IO  the store cannot be used.
 * @retval AFTERBEEP_STATUS_CLOSED, _FORKED   the store was closed, or is another process's.
 * Thread: [control]; blocks.  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_store_import_agents(const struct afterbeep_store *store,
                                               const char *tenant,
                                               const char *agents,
                                               struct afterbeep_error *error);

/**
 * Tells a tenant's agents, by id.
 *
 * @param store      not NULL.
 * @param tenant     not NULL.
 * @param callback   called for each of them; not NULL.
 * @param user_data  for the callback.
 * @param error      out; why it failed; written on failure only. May be NULL.
 * @retval as afterbeep_store_import_agents().
 * Thread: [control]; blocks.  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_store_agents(const struct afterbeep_store *store,
                                        const char *tenant,
                                        afterbeep_agent_callback callback,
                                        void *user_data,
                                        struct afterbeep_error *error);

/**
 * Recovers what crashes have left, goes on with interrupted deletions of tenants, and deletes messages whose time is over.
 * Messages on legal hold stay.
 *
 * @param store        not NULL.
 * @param now_ms       the time that deadlines are compared with, in milliseconds since 1970 (UTC); 0 is now.
 * @param dry_run      1 only says what the sweep would delete; 0 does it.
 * @param error        out; why it failed; written on failure only. May be NULL.
 * @param out_report   out, not NULL; written on success only.
 * @param struct_size  sizeof(afterbeep_sweep_report) as the caller was compiled.
 * @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  a pointer is NULL, a size is wrong, or a value is out of range.
 * @retval AFTERBEEP_STATUS_STORE_UNAVAILABLE, _STORE_UNUSABLE, _IO  the store cannot be used.
 * @retval AFTERBEEP_STATUS_CLOSED, _FORKED   the store was closed, or is another process's.
 * Thread: [control]; blocks.  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_store_sweep(const struct afterbeep_store *store,
                                       int64_t now_ms,
                                       uint32_t dry_run,
                                       struct afterbeep_error *error,
                                       struct afterbeep_sweep_report *out_report,
                                       size_t struct_size);

/**
 * Makes the record of a finished file that has none: for the tenant in whose directory it is, from what the file says.
 * Adopting a file twice makes one record.
 *
 * @param store   not NULL.
 * @param volume  the volume's name; not NULL.
 * @param path    the file's path, relative to it; not NULL.
 * @param error   out; why it failed; written on failure only. May be NULL.
 * @retval AFTERBEEP_STATUS_UNKNOWN  there is no such volume, or the path is no tenant's.
 * @retval AFTERBEEP_STATUS_IO       the file cannot be read, or is no recording.
 * @retval otherwise as afterbeep_store_sweep().
 * Thread: [control]; blocks.  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_store_adopt(const struct afterbeep_store *store,
                                       const char *volume,
                                       const char *path,
                                       struct afterbeep_error *error);

/**
 * Has an engine tell what is written through the store from now on: events of the types AFTERBEEP_ENGINE_EVENT_TYPE_MESSAGE_COMPLETED
 * to _ABSENT, with message_id. A store tells one engine, the last one asked for.
 *
 * @param store   not NULL.
 * @param engine  not NULL; it may be closed before the store is.
 * @param error   out; why it failed; written on failure only. May be NULL.
 * @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  a pointer is NULL.
 * @retval AFTERBEEP_STATUS_CLOSED, _FORKED   store or engine was closed, or the store is another process's.
 * Thread: [control].  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_store_tell_engine(const struct afterbeep_store *store,
                                             const struct afterbeep_engine *engine,
                                             struct afterbeep_error *error);

/**
 * Starts a daily sweep: what afterbeep_store_sweep() does, each day at a time of day. Where that is past today, tomorrow is
 * the first day. It holds the store open.
 *
 * @param store      not NULL.
 * @param hour       [0, 23].
 * @param minute     [0, 59].
 * @param time_zone  an IANA name; NULL is the machine's.
 * @param callback   told of each sweep; may be NULL.
 * @param user_data  given to each call; any value.
 * @param error      out; why it failed; written on failure only. May be NULL.
 * @param out_sweep  out, not NULL; NULL on failure. Destroy it with afterbeep_daily_sweep_destroy().
 * @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  a pointer is NULL, a text is not UTF-8, or a value is out of range.
 * @retval AFTERBEEP_STATUS_CONFIG            there is no such time zone.
 * @retval AFTERBEEP_STATUS_IO                the thread could not be started.
 * @retval AFTERBEEP_STATUS_CLOSED, _FORKED   the store was closed, or is another process's.
 * Thread: [control].  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_daily_sweep_create(const struct afterbeep_store *store,
                                              uint32_t hour,
                                              uint32_t minute,
                                              const char *time_zone,
                                              afterbeep_daily_sweep_callback callback,
                                              void *user_data,
                                              struct afterbeep_error *error,
                                              struct afterbeep_daily_sweep **out_sweep);

/**
 * Ends a daily sweep; waits for one that is under way.
 *
 * @param sweep  NULL does nothing.
 * Thread: [control]; blocks.  Since: 0.1.
 */
AFTERBEEP_API void afterbeep_daily_sweep_destroy(struct afterbeep_daily_sweep *sweep);

/**
 * Fills *tenant with the defaults.
 *
 * @param tenant       out, not NULL.
 * @param struct_size  sizeof(afterbeep_tenant) as the caller was compiled; no byte past it is written.
 * @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  tenant is NULL, or struct_size is less than in 0.1.
 * Thread: [any].  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_tenant_init(struct afterbeep_tenant *tenant,
                                       size_t struct_size);

/**
 * Adds a tenant.
 *
 * @param store   not NULL.
 * @param tenant  in, not NULL; copied.
 * @param error   out; why it failed; written on failure only. May be NULL.
 * @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  a pointer is NULL, a text is not UTF-8, or struct_size is wrong.
 * @retval AFTERBEEP_STATUS_CONFIG            a field cannot be used; the error says which.
 * @retval AFTERBEEP_STATUS_UNKNOWN           there is no such volume.
 * @retval AFTERBEEP_STATUS_TAKEN             there is such a tenant, or its directory is another one's.
 * @retval AFTERBEEP_STATUS_STORE_UNAVAILABLE, _STORE_UNUSABLE, _IO  the store cannot be used.
 * @retval AFTERBEEP_STATUS_CLOSED, _FORKED   the store was closed, or is another process's.
 * Thread: [control]; blocks.  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_store_add_tenant(const struct afterbeep_store *store,
                                            const struct afterbeep_tenant *tenant,
                                            struct afterbeep_error *error);

/**
 * Tells all tenants, by id, or one.
 *
 * @param store      not NULL.
 * @param id         the tenant; NULL for all.
 * @param callback   called for each of them; not NULL.
 * @param user_data  for the callback.
 * @param error      out; why it failed; written on failure only. May be NULL.
 * @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  a pointer is NULL, or id is not UTF-8.
 * @retval AFTERBEEP_STATUS_UNKNOWN           there is no such tenant.
 * @retval otherwise as afterbeep_store_add_tenant().
 * Thread: [control]; blocks.  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_store_tenants(const struct afterbeep_store *store,
                                         const char *id,
                                         afterbeep_tenant_callback callback,
                                         void *user_data,
                                         struct afterbeep_error *error);

/**
 * Deletes a tenant: every message, every other file in its directory, its agents, the tenant. It takes nothing new from
 * the beginning on; after a failure or a crash, another call goes on.
 *
 * @param store         not NULL.
 * @param id            not NULL.
 * @param error         out; why it failed; written on failure only. May be NULL.
 * @param out_deletion  out, not NULL; written on success only.
 * @param struct_size   sizeof(afterbeep_tenant_deletion) as the caller was compiled.
 * @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  a pointer is NULL, id is not UTF-8, or struct_size is wrong.
 * @retval AFTERBEEP_STATUS_UNKNOWN           there is no such tenant.
 * @retval AFTERBEEP_STATUS_HELD              messages are on legal hold; nothing was deleted.
 * @retval AFTERBEEP_STATUS_RECORDING         messages are being recorded; nothing new is taken.
 * @retval otherwise as afterbeep_store_add_tenant().
 * Thread: [control]; blocks.  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_store_delete_tenant(const struct afterbeep_store *store,
                                               const char *id,
                                               struct afterbeep_error *error,
                                               struct afterbeep_tenant_deletion *out_deletion,
                                               size_t struct_size);

/**
 * Gives a directory a name that records know it by.
 *
 * @param store  not NULL.
 * @param name   not NULL; 1 to 128 bytes without '/', '\\', control characters and a dot at the beginning.
 * @param path   not NULL; an existing directory. A relative one is relative to the store's directory.
 * @param error  out; why it failed; written on failure only. May be NULL.
 * @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  a pointer is NULL, or a text is not UTF-8.
 * @retval AFTERBEEP_STATUS_CONFIG            the name cannot be one.
 * @retval AFTERBEEP_STATUS_NOT_FOUND         there is no such directory.
 * @retval AFTERBEEP_STATUS_TAKEN             there is such a volume already.
 * @retval AFTERBEEP_STATUS_STORE_UNAVAILABLE, _STORE_UNUSABLE, _IO  the store cannot be used.
 * @retval AFTERBEEP_STATUS_CLOSED, _FORKED   the store was closed, or is another process's.
 * Thread: [control]; blocks.  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_store_add_volume(const struct afterbeep_store *store,
                                            const char *name,
                                            const char *path,
                                            struct afterbeep_error *error);

/**
 * Says that a volume is in another directory now. The files are the caller's to move.
 *
 * @param store, name, path, error  as for afterbeep_store_add_volume().
 * @retval AFTERBEEP_STATUS_UNKNOWN  there is no such volume.
 * @retval otherwise as afterbeep_store_add_volume().
 * Thread: [control]; blocks.  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_store_move_volume(const struct afterbeep_store *store,
                                             const char *name,
                                             const char *path,
                                             struct afterbeep_error *error);

/**
 * Tells all volumes, by name.
 *
 * @param store      not NULL.
 * @param callback   called for each of them; not NULL.
 * @param user_data  for the callback.
 * @param error      out; why it failed; written on failure only. May be NULL.
 * @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  a pointer is NULL.
 * @retval otherwise as afterbeep_store_add_volume().
 * Thread: [control]; blocks.  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_store_volumes(const struct afterbeep_store *store,
                                         afterbeep_volume_callback callback,
                                         void *user_data,
                                         struct afterbeep_error *error);

/**
 * Makes variables; there are none yet.
 *
 * @param out_variables  out, not NULL. Destroy it with afterbeep_variables_destroy().
 * @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  out_variables is NULL.
 * Thread: [any].  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_variables_create(struct afterbeep_variables **out_variables);

/**
 * Gives a variable a text.
 *
 * @param variables  not NULL.
 * @param name       not NULL.
 * @param text       not NULL; copied.
 * @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  a pointer is NULL, or a text is not UTF-8.
 * Thread: [any].  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_variables_set_text(struct afterbeep_variables *variables,
                                              const char *name,
                                              const char *text);

/**
 * Gives a variable a number.
 *
 * @param variables  not NULL.
 * @param name       not NULL.
 * @param number     any.
 * @retval as afterbeep_variables_set_text().
 * Thread: [any].  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_variables_set_number(struct afterbeep_variables *variables,
                                                const char *name,
                                                int64_t number);

/**
 * Makes a variable true or false.
 *
 * @param variables  not NULL.
 * @param name       not NULL.
 * @param boolean    0 is false, any other number true.
 * @retval as afterbeep_variables_set_text().
 * Thread: [any].  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_variables_set_boolean(struct afterbeep_variables *variables,
                                                 const char *name,
                                                 uint32_t boolean);

/**
 * What a variable holds, as a text: a number in decimal, "true" or "false".
 *
 * @param variables  not NULL.
 * @param name       not NULL.
 * @param buffer     out; the text, NUL-terminated.
 * @param size       room in the buffer.
 * @param out_len    out; the text's length without the NUL. May be NULL.
 * @retval AFTERBEEP_STATUS_NONE              there is no such variable.
 * @retval AFTERBEEP_STATUS_BUFFER_TOO_SMALL  the text and its NUL do not fit; *out_len is set.
 * @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  a pointer is NULL, or name is not UTF-8.
 * Thread: [any].  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_variables_get(const struct afterbeep_variables *variables,
                                         const char *name,
                                         char *buffer,
                                         size_t size,
                                         size_t *out_len);

/**
 * The name of a variable, in the order of the names.
 *
 * @param variables  not NULL.
 * @param index      from 0 on.
 * @param buffer     out; the name, NUL-terminated.
 * @param size       room in the buffer.
 * @param out_len    out; the name's length without the NUL. May be NULL.
 * @retval AFTERBEEP_STATUS_NONE  there are no more.
 * @retval otherwise as afterbeep_variables_get().
 * Thread: [any].  Since: 0.1.
 */
AFTERBEEP_API
AFTERBEEP_NODISCARD
afterbeep_status afterbeep_variables_name(const struct afterbeep_variables *variables,
                                          size_t index,
                                          char *buffer,
                                          size_t size,
                                          size_t *out_len);

/**
 * Frees the variables.
 *
 * @param variables  NULL does nothing.
 * Thread: [any]; no other call with them may be under way.  Since: 0.1.
 */
AFTERBEEP_API void afterbeep_variables_destroy(struct afterbeep_variables *variables);
#endif /* AFTERBEEP_STORE */

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* AFTERBEEP_H */
