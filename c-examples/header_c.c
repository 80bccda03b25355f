/* The C header compiles alone. */
#include <afterbeep.h>

int header_c(void);
int header_c(void) { return (int)afterbeep_version(); }
