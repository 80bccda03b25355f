/* Everything that the firmware's library has below it: a start, an exit, and what compilers call for themselves.
 * Linked with -nostdlib: whatever else it needed would be missing. */
#define AFTERBEEP_FREESTANDING
#include <afterbeep.h>

extern uint64_t firmware_record(const int16_t *line, size_t sample_count);
extern uint64_t firmware_tones(const int16_t *line, size_t sample_count, const char *list, size_t list_bytes);
extern const int16_t line_start[], line_end[];

void *memcpy(void *to, const void *from, size_t count)
{
    char *t = to;
    const char *f = from;
    while (count--)
        *t++ = *f++;
    return to;
}

void *memmove(void *to, const void *from, size_t count)
{
    char *t = to;
    const char *f = from;
    if (t < f)
        return memcpy(to, from, count);
    while (count--)
        t[count] = f[count];
    return to;
}

void *memset(void *to, int value, size_t count)
{
    char *t = to;
    while (count--)
        *t++ = (char)value;
    return to;
}

int memcmp(const void *a, const void *b, size_t count)
{
    const unsigned char *x = a, *y = b;
    for (; count--; x++, y++)
        if (*x != *y)
            return *x - *y;
    return 0;
}

int bcmp(const void *a, const void *b, size_t count)
{
    return memcmp(a, b, count);
}

size_t strlen(const char *text)
{
    size_t length = 0;
    while (text[length] != 0)
        length++;
    return length;
}

/* The recorded message, with its 44 bytes of header in front. */
__asm__(".section .rodata\n.balign 4\nline_file:\n.incbin \"" MESSAGE "\"\nline_end:\n.set line_start, line_file + 44\n"
        ".globl line_start, line_end\n.text\n");

/* The same line to a receiver alone: the sample at which `#` began, 0 if it is not the only digit. */
static uint64_t key_at(const int16_t *line, size_t sample_count)
{
    static union {
        uint64_t alignment;
        unsigned char bytes[AFTERBEEP_DTMF_BYTES];
    } memory;
    afterbeep_dtmf *dtmf;
    afterbeep_dtmf_profile profile;
    afterbeep_dtmf_event event;
    uint64_t start = 0;

    if (afterbeep_dtmf_profile_init(&profile, sizeof profile, "att", NULL) != AFTERBEEP_STATUS_OK ||
        afterbeep_dtmf_init(&memory, sizeof memory, 8000, &profile, NULL, &dtmf) != AFTERBEEP_STATUS_OK)
        return 0;
    while (sample_count > 0) {
        size_t count = sample_count < 160 ? sample_count : 160;
        if (afterbeep_dtmf_push(dtmf, line, count) != AFTERBEEP_STATUS_OK)
            return 0;
        line += count;
        sample_count -= count;
        while (afterbeep_dtmf_poll(dtmf, &event) == AFTERBEEP_STATUS_OK)
            start = event.digit == '#' && (!event.ended || event.start_sample == start) ? event.start_sample : 0;
    }
    return start;
}

void start(void)
{
    size_t sample_count = (size_t)(line_end - line_start);
    uint64_t cut = firmware_record(line_start, sample_count);
    uint64_t key = key_at(line_start, sample_count);
    uint64_t tones = firmware_tones(line_start, sample_count, "gb,us,generic", 13);
    /* The beep took the first 3200 samples from the recording. */
    long status = cut > 62760 && cut < 62840 && key == cut + 3200 && tones == 0 ? 0 : 1;
    __asm__ volatile("syscall" : : "a"(231L), "D"(status));
    __builtin_unreachable();
}

__asm__(".globl _start\n_start:\nandq $-16, %rsp\ncall start\n");
