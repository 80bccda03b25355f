/* Everything that the firmware's library has below it: a start, an exit, and what compilers call for themselves.
 * Linked with -nostdlib: whatever else it needed would be missing. */
#include <stddef.h>
#include <stdint.h>

extern uint64_t firmware_record(const int16_t *line, size_t sample_count);
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

/* The recorded message, with its 44 bytes of header in front. */
__asm__(".section .rodata\n.balign 4\nline_file:\n.incbin \"" MESSAGE "\"\nline_end:\n.set line_start, line_file + 44\n"
        ".globl line_start, line_end\n.text\n");

void start(void)
{
    uint64_t cut = firmware_record(line_start, (size_t)(line_end - line_start));
    long status = cut > 62760 && cut < 62840 ? 0 : 1;
    __asm__ volatile("syscall" : : "a"(231L), "D"(status));
    __builtin_unreachable();
}

__asm__(".globl _start\n_start:\nandq $-16, %rsp\ncall start\n");
