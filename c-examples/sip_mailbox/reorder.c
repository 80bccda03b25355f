#include "reorder.h"

/* A sequence number this far off belongs to a stream that began anew. */
enum { RESTART_PACKETS = 1000 };

static bool *waiting_at(struct reorder *reorder, uint16_t seq)
{
    return &reorder->waiting[seq % REORDER_PACKETS];
}

/* Delivers what is due, and what has waited for it. */
static void drain(struct reorder *reorder, deliver_handler *deliver, void *arg)
{
    while (*waiting_at(reorder, reorder->next)) {
        *waiting_at(reorder, reorder->next) = false;
        deliver(&reorder->packets[reorder->next % REORDER_PACKETS], false, arg);
        reorder->next++;
    }
}

/* Gives up what is missing before `seq`. */
static void skip_to(struct reorder *reorder, uint16_t seq, deliver_handler *deliver, void *arg)
{
    drain(reorder, deliver, arg);
    while ((int16_t)(seq - reorder->next) > 0) {
        reorder->next++;
        drain(reorder, deliver, arg);
    }
}

void reorder_put(struct reorder *reorder, const struct packet *packet, deliver_handler *deliver, void *arg)
{
    int16_t ahead = (int16_t)(packet->seq - reorder->next);

    if (!reorder->started || ahead >= RESTART_PACKETS || ahead <= -RESTART_PACKETS) {
        if (reorder->started)
            reorder_give_up(reorder, UINT64_MAX, deliver, arg);
        reorder->started = true;
        reorder->next = packet->seq;
    } else if (ahead < 0 || (ahead < REORDER_PACKETS && *waiting_at(reorder, packet->seq))) {
        deliver(packet, true, arg);
        return;
    } else if (ahead >= REORDER_PACKETS) {
        skip_to(reorder, (uint16_t)(packet->seq - REORDER_PACKETS + 1), deliver, arg);
    }
    *waiting_at(reorder, packet->seq) = true;
    reorder->packets[packet->seq % REORDER_PACKETS] = *packet;
    drain(reorder, deliver, arg);
}

void reorder_give_up(struct reorder *reorder, uint64_t since_ms, deliver_handler *deliver, void *arg)
{
    uint16_t ahead;
    for (ahead = 1; ahead < REORDER_PACKETS; ahead++) {
        uint16_t seq = (uint16_t)(reorder->next + ahead);
        if (*waiting_at(reorder, seq) && reorder->packets[seq % REORDER_PACKETS].arrival_ms < since_ms) {
            skip_to(reorder, seq, deliver, arg);
            ahead = 0;
        }
    }
}
