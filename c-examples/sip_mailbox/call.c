#include "call.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "reorder.h"

enum {
    FRAME_MS = 20,
    FRAME_SAMPLES = 160,
    /* Without RTP for this long (silence suppression, a caller who vanished) the line goes on as silence, so that the
     * limits of duration and silence count. */
    QUIET_MS = 500,
    /* After this it stands still, and the engine's media_timeout_ms ends the message. */
    DEAD_MS = 60000,
    /* Further than this, packets without audio are not believed to be ahead of it. */
    AHEAD_SAMPLES = 8000,
    COMFORT_NOISE = 13, /* its payload type (RFC 3389); silence is recorded */
    RTP_PORT_MIN = 16384,
    RTP_PORT_MAX = 32766
};

struct call {
    unsigned number;
    call_done_handler *done;
    struct tmr tick;
    uint64_t tick_due_ms;

    struct sipsess *sip;
    struct sdp_session *sdp;
    struct sdp_media *audio;
    struct rtp_sock *rtp;
    uint32_t sent_timestamp;
    struct sa source; /* where the caller's RTP comes from */
    uint32_t ssrc;
    uint64_t arrival_ms; /* of the last audio, or when the call began */
    struct reorder reorder;

    afterbeep_session session;
    bool line_began;         /* a first packet set line_due */
    bool line_filled;        /* time went on without packets */
    uint32_t line_due;       /* timestamp that the session awaits */
    uint32_t line_arrived;   /* the same at arrival_ms */
    uint32_t line_offset;    /* added to the caller's timestamps */
    /* Set once the call is over: says so to the session, until its result is there. */
    afterbeep_status (*finish)(afterbeep_session session);
};

/* What a session answers to audio. Its end is noticed in the next tick; what it lost stands in its result. */
static void check(const struct call *call, const char *what, afterbeep_status status)
{
    switch (status) {
    case AFTERBEEP_STATUS_OK:
    case AFTERBEEP_STATUS_ENDED:
    case AFTERBEEP_STATUS_LATE:
    case AFTERBEEP_STATUS_OVERRUN:
        return;
    default:
        fprintf(stderr, "call %u: %s: %s\n", call->number, what, afterbeep_status_str(status));
    }
}

/* The line is known to have come this far: what is missing is recorded as silence. */
static void line_reaches(struct call *call, uint32_t timestamp)
{
    if ((int32_t)(timestamp - call->line_due) > 0)
        call->line_due = timestamp;
    check(call, "gap", afterbeep_session_push_at(call->session, call->line_due, NULL, 0));
}

static void take_audio(struct call *call, const struct packet *packet, uint32_t timestamp, bool is_alaw)
{
    int16_t pcm[PAYLOAD_MAX];
    uint32_t end = timestamp + (uint32_t)packet->size;
    afterbeep_status status;

    (is_alaw ? afterbeep_alaw_decode : afterbeep_ulaw_decode)(packet->payload, pcm, packet->size);
    status = afterbeep_session_push_at(call->session, timestamp, pcm, packet->size);
    check(call, "audio", status);
    if ((int32_t)(end - call->line_due) > 0 || status == AFTERBEEP_STATUS_TIMESTAMP_JUMP)
        call->line_due = end;
}

/* A key began at its packets' timestamp, and lasts until where the line stands. */
static void take_key(struct call *call, const struct packet *packet, uint32_t timestamp)
{
    afterbeep_telephone_event event;
    afterbeep_status status =
        afterbeep_telephone_event_parse(packet->payload, packet->size, packet->timestamp, &event);
    if (status == AFTERBEEP_STATUS_OK) {
        if (timestamp - call->line_due <= AHEAD_SAMPLES)
            line_reaches(call, timestamp);
        if (call->line_due - timestamp <= UINT16_MAX)
            event.duration = (uint16_t)(call->line_due - timestamp);
        status = afterbeep_session_telephone_event(call->session, &event);
        line_reaches(call, call->line_due); /* so that it counts from here, not from the next frame on */
    }
    check(call, "key", status);
}

/* A packet in its order, or `again`. */
static void take_packet(const struct packet *packet, bool again, void *arg)
{
    struct call *call = arg;
    const struct sdp_format *format = sdp_media_lformat(call->audio, packet->payload_type);
    const char *name = format != NULL ? format->name : "";
    bool is_alaw = strcasecmp(name, "PCMA") == 0;
    bool is_audio = is_alaw || strcasecmp(name, "PCMU") == 0;
    uint32_t timestamp;

    if (!call->line_began)
        call->line_due = packet->timestamp;
    call->line_began = true;
    timestamp = packet->timestamp + call->line_offset;
    if (strcasecmp(name, telev_rtpfmt) == 0)
        take_key(call, packet, timestamp);
    if (!is_audio && packet->payload_type != COMFORT_NOISE)
        return;
    /* The caller's clock stood still while ours went on: its next packet comes next. */
    if (call->line_filled && !again && (int32_t)(timestamp - call->line_due) < 0) {
        call->line_offset += call->line_due - timestamp;
        timestamp = call->line_due;
    }
    call->line_filled = call->line_filled && again;
    if (is_audio)
        take_audio(call, packet, timestamp, is_alaw);
    else if (timestamp - call->line_due <= AHEAD_SAMPLES)
        line_reaches(call, timestamp);
    call->arrival_ms = packet->arrival_ms;
    call->line_arrived = call->line_due;
}

static void on_rtp(const struct sa *source, const struct rtp_header *header, struct mbuf *payload, void *arg)
{
    struct call *call = arg;
    struct packet packet;

    if (!sa_isset(&call->source, SA_ALL)) {
        call->source = *source;
        call->ssrc = header->ssrc;
    }
    if (call->finish != NULL || !sa_cmp(&call->source, source, SA_ALL) || mbuf_get_left(payload) > PAYLOAD_MAX)
        return;
    if (header->ssrc != call->ssrc) { /* another sender took over, with numbers of its own */
        reorder_give_up(&call->reorder, UINT64_MAX, take_packet, call);
        memset(&call->reorder, 0, sizeof call->reorder);
        call->ssrc = header->ssrc;
        call->line_offset = call->line_due - header->ts;
    }
    packet.seq = header->seq;
    packet.payload_type = header->pt;
    packet.timestamp = header->ts;
    packet.arrival_ms = tmr_jiffies();
    packet.size = mbuf_get_left(payload);
    memcpy(packet.payload, mbuf_buf(payload), packet.size);
    reorder_put(&call->reorder, &packet, take_packet, call);
}

/* Nothing came for a while: the line goes on without. */
static void fill(struct call *call)
{
    uint64_t quiet_ms = tmr_jiffies() - call->arrival_ms;
    if (quiet_ms < QUIET_MS || quiet_ms >= DEAD_MS)
        return;
    call->line_filled = true;
    if (call->line_began)
        line_reaches(call, call->line_arrived + (uint32_t)(quiet_ms - QUIET_MS) * (FRAME_SAMPLES / FRAME_MS));
    else
        check(call, "wait", afterbeep_session_push_lost(call->session, FRAME_SAMPLES));
}

/* What the caller takes: A-law if possible. Payload types 8 and 0 need no name (RFC 3551). */
static const struct sdp_format *codec(const struct call *call, bool *is_alaw)
{
    const struct sdp_format *alaw = sdp_media_rformat(call->audio, "PCMA");
    const struct sdp_format *ulaw = sdp_media_rformat(call->audio, "PCMU");
    if (alaw == NULL)
        alaw = sdp_media_format(call->audio, false, NULL, 8, NULL, -1, -1);
    if (ulaw == NULL)
        ulaw = sdp_media_format(call->audio, false, NULL, 0, NULL, -1, -1);
    *is_alaw = alaw != NULL;
    return *is_alaw ? alaw : ulaw;
}

/* What the caller hears: the beep, then silence. The beep runs on the caller's clock: it waits for that to start. */
static void speak(struct call *call)
{
    bool is_alaw;
    const struct sdp_format *format = codec(call, &is_alaw);
    int16_t pcm[FRAME_SAMPLES] = {0};
    struct mbuf *packet;

    if (call->line_began || call->line_filled)
        check(call, "beep", afterbeep_session_pull(call->session, pcm, FRAME_SAMPLES));
    if (format == NULL || !(sdp_media_dir(call->audio) & SDP_SENDONLY))
        return;
    packet = mbuf_alloc(RTP_HEADER_SIZE + FRAME_SAMPLES);
    if (packet == NULL)
        return;
    packet->pos = RTP_HEADER_SIZE;
    packet->end = RTP_HEADER_SIZE + FRAME_SAMPLES;
    (is_alaw ? afterbeep_alaw_encode : afterbeep_ulaw_encode)(pcm, mbuf_buf(packet), FRAME_SAMPLES);
    (void)rtp_send(call->rtp, sdp_media_raddr(call->audio), false, call->sent_timestamp == 0, (uint8_t)format->pt,
                   call->sent_timestamp, packet);
    call->sent_timestamp += FRAME_SAMPLES;
    mem_deref(packet);
}

/* Whether the writer is done with the message; if so, it is told. */
static bool told(struct call *call)
{
    afterbeep_result result;
    char path[4096] = "";
    afterbeep_status status = call->finish(call->session); /* nothing, if it has ended */
    if (status == AFTERBEEP_STATUS_OK)
        status = afterbeep_session_result(call->session, 0, &result, sizeof result);
    if (status == AFTERBEEP_STATUS_NOT_FINISHED || status == AFTERBEEP_STATUS_BUSY)
        return false;
    if (status == AFTERBEEP_STATUS_OK && result.has_file)
        status = afterbeep_session_path(call->session, path, sizeof path, NULL);
    if (status != AFTERBEEP_STATUS_OK) {
        fprintf(stderr, "call %u: no result: %s\n", call->number, afterbeep_status_str(status));
        return true;
    }
    printf("call %u: reason=%s digit=%c duration_ms=%" PRIu64 " samples=%" PRIu64 " line_lost_samples=%" PRIu64
           " late_samples=%" PRIu64 " complete=%" PRIu32 " path=%s\n",
           call->number, afterbeep_end_reason_str(result.end_reason), result.end_digit != 0 ? (char)result.end_digit : '-',
           result.duration_ms, result.samples, result.line_lost_samples, result.late_samples, result.complete, path);
    return true;
}

/* Every 20 ms, counted from the start, so that a late one is caught up with. */
static void on_tick(void *arg)
{
    struct call *call = arg;
    uint64_t now = tmr_jiffies();
    uint32_t state = AFTERBEEP_STATE_ENDED;

    if (call->finish == NULL) {
        reorder_give_up(&call->reorder, now - REORDER_WAIT_MS, take_packet, call);
        fill(call);
        speak(call);
        check(call, "state", afterbeep_session_state(call->session, &state));
        if (state == AFTERBEEP_STATE_ENDED)
            call_stop(call);
    } else {
        call->sip = mem_deref(call->sip); /* says BYE, unless the caller did */
        call->rtp = mem_deref(call->rtp);
        if (told(call)) {
            call->done(call);
            return;
        }
    }
    call->tick_due_ms += FRAME_MS;
    tmr_start(&call->tick, call->tick_due_ms > now ? call->tick_due_ms - now : 0, on_tick, call);
}

static void leave(struct call *call, afterbeep_status (*finish)(afterbeep_session))
{
    if (call->finish != NULL)
        return;
    reorder_give_up(&call->reorder, UINT64_MAX, take_packet, call);
    call->finish = finish;
}

void call_stop(struct call *call)
{
    leave(call, afterbeep_session_stop);
}

/* The caller said BYE, or never confirmed our answer. */
static void on_close(int error, const struct sip_msg *message, void *arg)
{
    (void)error;
    (void)message;
    leave(arg, afterbeep_session_hangup);
}

static void on_established(const struct sip_msg *ack, void *arg)
{
    (void)ack;
    (void)arg;
}

/* A re-INVITE, for hold, or another address. */
static int on_offer(struct mbuf **answer, const struct sip_msg *message, void *arg)
{
    struct call *call = arg;
    bool offered = mbuf_get_left(message->mb) > 0;
    int error = offered ? sdp_decode(call->sdp, message->mb, true) : 0;
    return error != 0 ? error : sdp_encode(answer, call->sdp, !offered);
}

static int on_answer(const struct sip_msg *message, void *arg)
{
    struct call *call = arg;
    return sdp_decode(call->sdp, message->mb, false);
}

/* A key by SIP INFO. */
static void on_info(struct sip *sip, const struct sip_msg *message, void *arg)
{
    struct call *call = arg;
    struct pl digit = PL_INIT;
    bool is_key = re_regex((const char *)mbuf_buf(message->mb), mbuf_get_left(message->mb), "Signal=[ ]*[0-9A-D*#]1",
                           NULL, &digit) == 0;
    if (is_key)
        check(call, "key", afterbeep_session_digit(call->session, digit.p[0]));
    (void)(is_key ? sip_reply(sip, message, 200, "OK") : sip_reply(sip, message, 415, "Unsupported Media Type"));
}

static void destroy(void *arg)
{
    struct call *call = arg;
    tmr_cancel(&call->tick);
    mem_deref(call->sip);
    mem_deref(call->rtp);
    mem_deref(call->sdp);
    if (call->session.value != 0)
        (void)afterbeep_session_close(call->session);
}

static int negotiate(struct call *call, const struct sa *local, struct mbuf *offer)
{
    bool is_alaw;
    int error = sdp_session_alloc(&call->sdp, local);
    if (error == 0)
        error = sdp_media_add(&call->audio, call->sdp, sdp_media_audio, sa_port(rtp_local(call->rtp)), sdp_proto_rtpavp);
    if (error == 0)
        error = sdp_format_add(NULL, call->audio, false, "8", "PCMA", 8000, 1, NULL, NULL, NULL, false, NULL);
    if (error == 0)
        error = sdp_format_add(NULL, call->audio, false, "0", "PCMU", 8000, 1, NULL, NULL, NULL, false, NULL);
    if (error == 0)
        error = sdp_format_add(NULL, call->audio, false, "101", telev_rtpfmt, 8000, 1, NULL, NULL, NULL, false, "0-15");
    if (error == 0)
        error = sdp_decode(call->sdp, offer, true);
    if (error == 0 && codec(call, &is_alaw) == NULL)
        error = EPROTONOSUPPORT;
    return error;
}

int call_alloc(struct call **callp, unsigned number, afterbeep_engine *engine, const afterbeep_session_config *config,
               const struct sa *local, struct mbuf *offer, call_done_handler *done)
{
    afterbeep_error why;
    int error;
    struct call *call = mem_zalloc(sizeof *call, destroy);
    if (call == NULL)
        return ENOMEM;
    call->number = number;
    call->done = done;
    error = rtp_listen(&call->rtp, IPPROTO_UDP, local, RTP_PORT_MIN, RTP_PORT_MAX, false, on_rtp, NULL, call);
    if (error == 0)
        error = negotiate(call, local, offer);
    /* This creates a file. A server with many calls does it on another thread, and answers the INVITE afterwards. */
    if (error == 0 && afterbeep_session_open(engine, config, &why, &call->session) != AFTERBEEP_STATUS_OK) {
        fprintf(stderr, "call %u: %s\n", number, why.text);
        error = EIO;
    }
    if (error == 0)
        *callp = call;
    else
        mem_deref(call);
    return error;
}

int call_accept(struct call *call, struct sipsess_sock *sock, const struct sip_msg *invite)
{
    struct mbuf *answer = NULL;
    int error = sdp_encode(&answer, call->sdp, false);
    if (error == 0)
        error = sipsess_accept(&call->sip, sock, invite, 200, "OK", "mailbox", "application/sdp", answer, NULL, NULL,
                               false, on_offer, on_answer, on_established, on_info, NULL, on_close, call, NULL);
    mem_deref(answer);
    if (error == 0) {
        call->arrival_ms = call->tick_due_ms = tmr_jiffies();
        tmr_start(&call->tick, 0, on_tick, call);
        printf("call %u: RTP at port %u\n", call->number, sa_port(rtp_local(call->rtp)));
    }
    return error;
}
