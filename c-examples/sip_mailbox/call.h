/* One call: RTP in, the message into its file, the beep out. All of it runs on libre's one thread. */
#ifndef CALL_H
#define CALL_H

#include <afterbeep.h>
#include <sys/socket.h>

#include <re.h>

struct call;

/* The message is finished and told; the call is yours to drop (mem_deref). */
typedef void call_done_handler(struct call *call);

/* Opens the message and the RTP port for an offer; 0 or an errno. */
int call_alloc(struct call **callp, unsigned number, afterbeep_engine *engine, const afterbeep_session_config *config,
               const struct sa *local, struct mbuf *offer, call_done_handler *done);
/* Answers the INVITE; from then on the caller is heard, and hears. */
int call_accept(struct call *call, struct sipsess_sock *sock, const struct sip_msg *invite);
/* Ends it from our side; the message is kept. */
void call_stop(struct call *call);

#endif
