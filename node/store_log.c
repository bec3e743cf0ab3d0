#include "node/store_log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/store_scrub.h"

enum {
    HEADER_BYTES_OF_LOG = 32,
    FRAME_HEADER_BYTES = 24,
    FRAME_BYTES = FRAME_HEADER_BYTES + STORE_PAGE_BYTES,
    SALT_AT = 8,        /* in a frame's header; 8 bytes */
    FRAME_SUM_AT = 16,  /* likewise */
    MAGIC = 0x377F0682, /* words of the sums are little-endian; plus one: big-endian */
    LOG_VERSION = 3007000,
};

struct log {
    int fd;
    off_t size;
    bool is_big_endian;
    uint8_t header[HEADER_BYTES_OF_LOG];
    uint8_t frame[FRAME_BYTES];
};

struct sum {
    uint32_t a, b;
};

static uint32_t u32_at(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static struct sum sum_at(const uint8_t *p)
{
    return (struct sum){u32_at(p), u32_at(p + 4)};
}

static uint32_t word_at(const uint8_t *p, bool is_big_endian)
{
    uint32_t w = u32_at(p);
    return is_big_endian ? w : __builtin_bswap32(w);
}

static struct sum sum_more(struct sum s, const uint8_t *data, size_t len, bool is_big_endian)
{
    for (size_t i = 0; i < len; i += 8) {
        s.a += word_at(data + i, is_big_endian) + s.b;
        s.b += word_at(data + i + 4, is_big_endian) + s.a;
    }
    return s;
}

static bool is_equal(struct sum s, struct sum t)
{
    return s.a == t.a && s.b == t.b;
}

static bool is_header(struct log *l)
{
    uint32_t magic = u32_at(l->header);
    l->is_big_endian = (magic & 1) != 0;
    struct sum s = sum_more((struct sum){0, 0}, l->header, 24, l->is_big_endian);
    return (magic & ~UINT32_C(1)) == MAGIC && u32_at(l->header + 4) == LOG_VERSION &&
           u32_at(l->header + 8) == STORE_PAGE_BYTES && is_equal(s, sum_at(l->header + 24));
}

static off_t frame_at(uint32_t i)
{
    return HEADER_BYTES_OF_LOG + (off_t)i * FRAME_BYTES;
}

static bool read_frame(struct log *l, uint32_t i)
{
    return frame_at(i) + FRAME_BYTES <= l->size &&
           pread(l->fd, l->frame, FRAME_BYTES, frame_at(i)) == FRAME_BYTES;
}

static struct sum frame_sum(const struct log *l, struct sum before)
{
    struct sum s = sum_more(before, l->frame, SALT_AT, l->is_big_endian);
    return sum_more(s, l->frame + FRAME_HEADER_BYTES, STORE_PAGE_BYTES, l->is_big_endian);
}

static bool is_ours(const struct log *l)
{
    return memcmp(l->frame + SALT_AT, l->header + 16, 8) == 0;
}

static bool is_whole(const struct log *l, struct sum before)
{
    return is_ours(l) && is_equal(frame_sum(l, before), sum_at(l->frame + FRAME_SUM_AT));
}

/* The sums are weak: a bit of the last word that they cover does to them what a bit of themselves
 * does. So of several bits that would do, the one is taken with which what follows fits, too. */

/* Whether the first frame belongs to the header, or there is none. */
static bool fits_header(struct log *l)
{
    return !read_frame(l, 0) || is_ours(l);
}

static bool mend_header(struct log *l)
{
    uint8_t any[HEADER_BYTES_OF_LOG];
    bool has_any = false;
    for (size_t bit = 0; bit < 8 * sizeof l->header; bit++) {
        l->header[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (is_header(l)) {
            if (fits_header(l))
                return true;
            memcpy(any, l->header, sizeof any);
            has_any = true;
        }
        l->header[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    if (has_any)
        memcpy(l->header, any, sizeof any);
    return has_any && is_header(l);
}

/* Whether the frame behind number i follows from what is in hand as number i; true if none does. */
static bool fits_frame(struct log *l, uint32_t i)
{
    uint8_t kept[FRAME_BYTES];
    memcpy(kept, l->frame, sizeof kept);
    bool fits = !read_frame(l, i + 1) || !is_ours(l) || is_whole(l, sum_at(kept + FRAME_SUM_AT));
    memcpy(l->frame, kept, sizeof kept);
    return fits;
}

/* Turns back one bit of frame i, wherever in it that is. */
static bool mend_frame(struct log *l, uint32_t i, struct sum before)
{
    uint8_t any[FRAME_BYTES];
    bool has_salt = is_ours(l), has_any = false;
    for (size_t bit = 0; bit < 8 * (size_t)FRAME_BYTES; bit++) {
        bool is_salt = bit / 8 >= SALT_AT && bit / 8 < FRAME_SUM_AT;
        if (is_salt == has_salt)
            continue; /* the salt is wrong, or it is something else */
        l->frame[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (is_whole(l, before)) {
            if (fits_frame(l, i))
                return true;
            memcpy(any, l->frame, sizeof any);
            has_any = true;
        }
        l->frame[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    if (has_any)
        memcpy(l->frame, any, sizeof any);
    return has_any;
}

/* Frames from i on that follow, each, what the one before says of itself: written after it. */
static uint32_t count_behind(struct log *l, uint32_t i)
{
    uint32_t count = 0;
    struct sum before = {0, 0};
    for (bool is_first = true; read_frame(l, i); i++, is_first = false) {
        count += !is_first && is_whole(l, before);
        before = sum_at(l->frame + FRAME_SUM_AT);
    }
    return count;
}

static void look(struct log *l, struct log_look *out)
{
    bool has_header = pread(l->fd, l->header, sizeof l->header, 0) == (ssize_t)sizeof l->header;
    if (has_header && !is_header(l)) {
        if (!mend_header(l)) {
            out->lost = (uint32_t)((l->size - HEADER_BYTES_OF_LOG) / FRAME_BYTES);
            return;
        }
        out->mended += pwrite(l->fd, l->header, sizeof l->header, 0) > 0;
    }
    struct sum before = sum_at(l->header + 24);
    for (uint32_t i = 0; has_header && read_frame(l, i); i++) {
        if (!is_whole(l, before)) {
            bool was_ours = is_ours(l);
            if (!mend_frame(l, i, before)) {
                out->lost = count_behind(l, i);
                out->is_doubtful = was_ours && out->lost == 0;
                return;
            }
            out->mended += pwrite(l->fd, l->frame, FRAME_BYTES, frame_at(i)) > 0;
        }
        before = sum_at(l->frame + FRAME_SUM_AT);
        out->frames++;
    }
}

enum err store_log_look(const char *path, struct log_look *out)
{
    struct stat st;
    *out = (struct log_look){0};
    struct log l = {.fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW)};
    if (l.fd < 0)
        return errno == ENOENT ? OK : ERR_IO;
    bool is_fine = fstat(l.fd, &st) == 0;
    l.size = is_fine ? st.st_size : 0;
    if (is_fine && l.size > 0)
        look(&l, out);
    is_fine = is_fine && (out->mended == 0 || fsync(l.fd) == 0);
    close(l.fd);
    return is_fine ? OK : ERR_IO;
}
