/* Puts the packets of an RTP stream in order by their sequence numbers. A packet that comes in order goes straight
 * through; after a gap, packets wait until the missing one comes, or until it is given up. */
#ifndef REORDER_H
#define REORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    REORDER_PACKETS = 4,  /* how far a packet may fall behind */
    REORDER_WAIT_MS = 80, /* how long others wait for it */
    PAYLOAD_MAX = 1500
};

struct packet {
    uint16_t seq;
    uint8_t payload_type;
    uint32_t timestamp;
    uint64_t arrival_ms;
    size_t size;
    uint8_t payload[PAYLOAD_MAX];
};

/* `again` is true for packets that come twice, or after they were given up. */
typedef void deliver_handler(const struct packet *packet, bool again, void *arg);

struct reorder {
    bool started;
    uint16_t next; /* the sequence number that is due */
    bool waiting[REORDER_PACKETS];
    struct packet packets[REORDER_PACKETS]; /* by sequence number, modulo */
};

void reorder_put(struct reorder *reorder, const struct packet *packet, deliver_handler *deliver, void *arg);
/* Gives up what others have waited for since before `since_ms`; UINT64_MAX gives up all. */
void reorder_give_up(struct reorder *reorder, uint64_t since_ms, deliver_handler *deliver, void *arg);

#endif
