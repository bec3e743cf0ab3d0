#include "node/tcp.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum err tcp_hand_open(struct tcp_hand *hand)
{
    hand->rest = open("/dev/null", O_RDONLY | O_CLOEXEC);
    hand->fd = hand->rest >= 0 ? fcntl(hand->rest, F_DUPFD_CLOEXEC, 0) : -1;
    if (hand->fd >= 0)
        return OK;
    tcp_hand_close(hand);
    return ERR_IO;
}

void tcp_hand_close(struct tcp_hand *hand)
{
    if (hand->fd >= 0)
        close(hand->fd);
    if (hand->rest >= 0)
        close(hand->rest);
    *hand = (struct tcp_hand){.fd = -1, .rest = -1};
}

static void hand_open(struct tcp_hand *hand)
{
    dup3(hand->rest, hand->fd, O_CLOEXEC);
}

/* Closes the hand on what now has this descriptor, if that is a socket. */
static bool hand_grip(struct tcp_hand *hand, int fd, uint64_t *inode)
{
    struct stat st;
    if (fd < 0 || fd == hand->fd || dup3(fd, hand->fd, O_CLOEXEC) < 0)
        return false;
    if (fstat(hand->fd, &st) != 0 || !S_ISSOCK(st.st_mode)) {
        hand_open(hand);
        return false;
    }
    *inode = st.st_ino;
    return true;
}

static bool hand_take(struct tcp_hand *hand, const struct tcp_ref *ref)
{
    uint64_t inode;
    if (!hand_grip(hand, ref->fd, &inode))
        return false;
    if (inode == ref->inode)
        return true;
    hand_open(hand);
    return false;
}

static bool source_of(const struct sockaddr_storage *from, uint8_t source[TCP_SOURCE_BYTES])
{
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)from;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)from;
    if (from->ss_family != AF_INET && from->ss_family != AF_INET6)
        return false;
    memset(source, 0, TCP_SOURCE_BYTES); /* no IPv6 prefix in use begins with 32 zero bits */
    if (from->ss_family == AF_INET)
        memcpy(source + 4, &v4->sin_addr, 4);
    else if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr))
        memcpy(source + 4, v6->sin6_addr.s6_addr + 12, 4);
    else
        memcpy(source, v6->sin6_addr.s6_addr, TCP_SOURCE_BYTES);
    return true;
}

static uint16_t port_of(const struct sockaddr_storage *at)
{
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)at;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)at;
    return ntohs(at->ss_family == AF_INET6 ? v6->sin6_port : v4->sin_port);
}

bool tcp_find(struct tcp_hand *hand, int fd, uint16_t local_port, struct tcp_ref *ref,
              uint8_t source[TCP_SOURCE_BYTES])
{
    struct sockaddr_storage from = {.ss_family = AF_UNSPEC}, at = from;
    socklen_t from_len = sizeof from, at_len = sizeof at;
    uint8_t found[TCP_SOURCE_BYTES];
    uint64_t inode;
    if (!hand_grip(hand, fd, &inode))
        return false;
    bool is_found = getpeername(hand->fd, (struct sockaddr *)&from, &from_len) == 0 &&
                    getsockname(hand->fd, (struct sockaddr *)&at, &at_len) == 0 &&
                    source_of(&from, found) && (local_port == 0 || port_of(&at) == local_port);
    hand_open(hand);
    if (!is_found)
        return false;
    *ref = (struct tcp_ref){.fd = fd, .inode = inode};
    memcpy(source, found, TCP_SOURCE_BYTES);
    return true;
}

bool tcp_bytes_read(struct tcp_hand *hand, const struct tcp_ref *ref, uint64_t *bytes)
{
    struct tcp_info info;
    socklen_t len = sizeof info;
    int unread = 0;
    if (!hand_take(hand, ref))
        return false;
    bool is_known = ioctl(hand->fd, FIONREAD, &unread) == 0 && unread >= 0 &&
                    getsockopt(hand->fd, IPPROTO_TCP, TCP_INFO, &info, &len) == 0 &&
                    len >= offsetof(struct tcp_info, tcpi_bytes_received) + sizeof(uint64_t);
    hand_open(hand);
    /* Received never falls behind unread, so the difference is no less than zero. */
    if (is_known)
        *bytes = (uint64_t)info.tcpi_bytes_received - (uint64_t)unread;
    return is_known;
}

bool tcp_shut(struct tcp_hand *hand, const struct tcp_ref *ref)
{
    if (!hand_take(hand, ref))
        return false;
    shutdown(hand->fd, SHUT_RDWR);
    hand_open(hand);
    return true;
}
