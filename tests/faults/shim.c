/* Preloaded into a process under test: counts each libc call that changes what lies below the roots, and at
 * one of them kills the process, fails the call, or lets it write only half.
 *
 * SHIM_ROOTS    absolute paths, colon separated; calls elsewhere are not counted
 * SHIM_CONTROL  a file of struct control, mapped shared: the parent reads counts, arms the fault and names
 *               it; forked children use the same one
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#ifndef FICLONE
#define FICLONE 0x40049409
#endif
#define MAX_CALLS 4000

enum action { NOTHING, KILL, KILL_AFTER, FAIL, SHORT };

struct control {
    int64_t count;  /* calls so far */
    int64_t fired;  /* how often the fault was given */
    int64_t at;     /* number of the call to hit, from 1; 0 never */
    int64_t action; /* enum action */
    int64_t error;  /* errno of FAIL */
    int64_t sticky; /* FAIL every call from `at` on */
    char names[MAX_CALLS][16];
};

static struct control *control;
static char roots[8][PATH_MAX];
static int n_roots;

__attribute__((constructor)) static void set_up(void) {
    const char *file = getenv("SHIM_CONTROL"), *list = getenv("SHIM_ROOTS");
    if (!file || !list) return;
    int (*real_open)(const char *, int, ...) = dlsym(RTLD_NEXT, "open");
    int fd = real_open(file, O_RDWR | O_CLOEXEC);
    if (fd < 0) _exit(97);
    void *memory = mmap(NULL, sizeof(struct control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED) _exit(97);
    close(fd);
    char copy[8 * PATH_MAX];
    snprintf(copy, sizeof copy, "%s", list);
    for (char *part = strtok(copy, ":"); part && n_roots < 8; part = strtok(NULL, ":"))
        snprintf(roots[n_roots++], PATH_MAX, "%s", part);
    control = memory;
}

static int below_roots(const char *path) {
    for (int i = 0; i < n_roots; i++) {
        size_t length = strlen(roots[i]);
        if (!strncmp(path, roots[i], length) && (path[length] == '/' || !path[length])) return 1;
    }
    return 0;
}

static int fd_below(int fd) {
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return below_roots(path);
}

static int path_below(int dir, const char *path) {
    if (path[0] == '/') return below_roots(path);
    if (dir != AT_FDCWD) return fd_below(dir);
    char here[PATH_MAX];
    return getcwd(here, sizeof here) && below_roots(here);
}

/* Counts one call. Returns what is to be done to it; kills at once for KILL. */
static enum action turn(int counted, const char *name) {
    if (!control || !counted) return NOTHING;
    int64_t n = __atomic_add_fetch(&control->count, 1, __ATOMIC_SEQ_CST);
    if (n <= MAX_CALLS) snprintf(control->names[n - 1], sizeof control->names[0], "%s", name);
    if (!control->at || !(n == control->at || (control->sticky && n > control->at))) return NOTHING;
    __atomic_add_fetch(&control->fired, 1, __ATOMIC_SEQ_CST);
    if (control->action == KILL) {
        kill(getpid(), SIGKILL);
        for (;;) pause();
    }
    return (enum action)control->action;
}

static void after(enum action what) {
    if (what != KILL_AFTER) return;
    kill(getpid(), SIGKILL);
    for (;;) pause();
}

#define REAL(type, name, ...)                         \
    static type (*real)(__VA_ARGS__);                 \
    if (!real) real = dlsym(RTLD_NEXT, name)

#define GIVE(counted, name, type, call)               \
    do {                                              \
        enum action what = turn(counted, name);       \
        if (what == FAIL) {                           \
            errno = (int)control->error;              \
            return (type)-1;                          \
        }                                             \
        type result = call;                           \
        int saved = errno;                            \
        after(what);                                  \
        errno = saved;                                \
        return result;                                \
    } while (0)

#define CHANGES(flags) (((flags) & (O_CREAT | O_TRUNC)) || ((flags) & O_ACCMODE) != O_RDONLY)
#define MODE(flags, last)                             \
    mode_t mode = 0;                                  \
    if (((flags) & O_CREAT) || ((flags) & O_TMPFILE) == O_TMPFILE) {            \
        va_list rest;                                 \
        va_start(rest, last);                         \
        mode = va_arg(rest, mode_t);                  \
        va_end(rest);                                 \
    }

#define OPEN(name)                                                                        \
    int name(const char *path, int flags, ...) {                                          \
        MODE(flags, flags)                                                                \
        REAL(int, #name, const char *, int, ...);                                         \
        GIVE(CHANGES(flags) && path_below(AT_FDCWD, path), "open", int, real(path, flags, mode)); \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(name)                                                                      \
    int name(int dir, const char *path, int flags, ...) {                                 \
        MODE(flags, flags)                                                                \
        REAL(int, #name, int, const char *, int, ...);                                    \
        GIVE(CHANGES(flags) && path_below(dir, path), "openat", int, real(dir, path, flags, mode)); \
    }
OPENAT(openat)
OPENAT(openat64)

#define CREAT(name)                                                                       \
    int name(const char *path, mode_t mode) {                                             \
        REAL(int, #name, const char *, mode_t);                                           \
        GIVE(path_below(AT_FDCWD, path), "creat", int, real(path, mode));                 \
    }
CREAT(creat)
CREAT(creat64)

ssize_t write(int fd, const void *data, size_t size) {
    REAL(ssize_t, "write", int, const void *, size_t);
    enum action what = turn(fd_below(fd), "write");
    if (what == FAIL) {
        errno = (int)control->error;
        return -1;
    }
    ssize_t written = real(fd, data, what == SHORT && size > 1 ? size / 2 : size);
    after(what);
    return written;
}

#define PWRITE(name, offset_type)                                                         \
    ssize_t name(int fd, const void *data, size_t size, offset_type offset) {             \
        REAL(ssize_t, #name, int, const void *, size_t, offset_type);                     \
        enum action what = turn(fd_below(fd), "pwrite");                                  \
        if (what == FAIL) {                                                               \
            errno = (int)control->error;                                                  \
            return -1;                                                                    \
        }                                                                                 \
        ssize_t written = real(fd, data, what == SHORT && size > 1 ? size / 2 : size, offset); \
        after(what);                                                                      \
        return written;                                                                   \
    }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

ssize_t writev(int fd, const struct iovec *parts, int n) {
    REAL(ssize_t, "writev", int, const struct iovec *, int);
    GIVE(fd_below(fd), "writev", ssize_t, real(fd, parts, n));
}

ssize_t copy_file_range(int in, off64_t *in_at, int out, off64_t *out_at, size_t size, unsigned flags) {
    REAL(ssize_t, "copy_file_range", int, off64_t *, int, off64_t *, size_t, unsigned);
    GIVE(fd_below(out), "copy_range", ssize_t, real(in, in_at, out, out_at, size, flags));
}

#define SENDFILE(name, offset_type)                                                       \
    ssize_t name(int out, int in, offset_type *offset, size_t size) {                     \
        REAL(ssize_t, #name, int, int, offset_type *, size_t);                            \
        GIVE(fd_below(out), "sendfile", ssize_t, real(out, in, offset, size));            \
    }
SENDFILE(sendfile, off_t)
SENDFILE(sendfile64, off64_t)

int ioctl(int fd, unsigned long request, ...) {
    va_list rest;
    va_start(rest, request);
    void *argument = va_arg(rest, void *);
    va_end(rest);
    REAL(int, "ioctl", int, unsigned long, ...);
    GIVE(request == FICLONE && fd_below(fd), "ficlone", int, real(fd, request, argument));
}

#define TWO_PATHS(name)                                                                   \
    int name(const char *from, const char *to) {                                          \
        REAL(int, #name, const char *, const char *);                                     \
        GIVE(path_below(AT_FDCWD, from) || path_below(AT_FDCWD, to), #name, int, real(from, to)); \
    }
TWO_PATHS(rename)
TWO_PATHS(link)

int renameat(int a, const char *from, int b, const char *to) {
    REAL(int, "renameat", int, const char *, int, const char *);
    GIVE(path_below(a, from) || path_below(b, to), "renameat", int, real(a, from, b, to));
}

int renameat2(int a, const char *from, int b, const char *to, unsigned flags) {
    REAL(int, "renameat2", int, const char *, int, const char *, unsigned);
    GIVE(path_below(a, from) || path_below(b, to), "renameat2", int, real(a, from, b, to, flags));
}

int linkat(int a, const char *from, int b, const char *to, int flags) {
    REAL(int, "linkat", int, const char *, int, const char *, int);
    GIVE(path_below(a, from) || path_below(b, to), "linkat", int, real(a, from, b, to, flags));
}

int symlink(const char *text, const char *path) {
    REAL(int, "symlink", const char *, const char *);
    GIVE(path_below(AT_FDCWD, path), "symlink", int, real(text, path));
}

int symlinkat(const char *text, int dir, const char *path) {
    REAL(int, "symlinkat", const char *, int, const char *);
    GIVE(path_below(dir, path), "symlinkat", int, real(text, dir, path));
}

#define ONE_PATH(name)                                                                    \
    int name(const char *path) {                                                          \
        REAL(int, #name, const char *);                                                   \
        GIVE(path_below(AT_FDCWD, path), #name, int, real(path));                         \
    }
ONE_PATH(unlink)
ONE_PATH(rmdir)

int unlinkat(int dir, const char *path, int flags) {
    REAL(int, "unlinkat", int, const char *, int);
    GIVE(path_below(dir, path), "unlinkat", int, real(dir, path, flags));
}

#define PATH_MODE(name)                                                                   \
    int name(const char *path, mode_t mode) {                                             \
        REAL(int, #name, const char *, mode_t);                                           \
        GIVE(path_below(AT_FDCWD, path), #name, int, real(path, mode));                   \
    }
PATH_MODE(mkdir)
PATH_MODE(chmod)

int mkdirat(int dir, const char *path, mode_t mode) {
    REAL(int, "mkdirat", int, const char *, mode_t);
    GIVE(path_below(dir, path), "mkdirat", int, real(dir, path, mode));
}

int fchmod(int fd, mode_t mode) {
    REAL(int, "fchmod", int, mode_t);
    GIVE(fd_below(fd), "fchmod", int, real(fd, mode));
}

int fchmodat(int dir, const char *path, mode_t mode, int flags) {
    REAL(int, "fchmodat", int, const char *, mode_t, int);
    GIVE(path_below(dir, path), "fchmodat", int, real(dir, path, mode, flags));
}

int utimensat(int dir, const char *path, const struct timespec times[2], int flags) {
    REAL(int, "utimensat", int, const char *, const struct timespec *, int);
    GIVE(path_below(dir, path), "utimensat", int, real(dir, path, times, flags));
}

int futimens(int fd, const struct timespec times[2]) {
    REAL(int, "futimens", int, const struct timespec *);
    GIVE(fd_below(fd), "futimens", int, real(fd, times));
}

#define TRUNCATE(name, offset_type)                                                       \
    int name(const char *path, offset_type size) {                                        \
        REAL(int, #name, const char *, offset_type);                                      \
        GIVE(path_below(AT_FDCWD, path), "truncate", int, real(path, size));              \
    }
TRUNCATE(truncate, off_t)
TRUNCATE(truncate64, off64_t)

#define FTRUNCATE(name, offset_type)                                                      \
    int name(int fd, offset_type size) {                                                  \
        REAL(int, #name, int, offset_type);                                               \
        GIVE(fd_below(fd), "ftruncate", int, real(fd, size));                             \
    }
FTRUNCATE(ftruncate, off_t)
FTRUNCATE(ftruncate64, off64_t)

#define FALLOCATE(name, offset_type)                                                      \
    int name(int fd, int mode, offset_type offset, offset_type size) {                    \
        REAL(int, #name, int, int, offset_type, offset_type);                             \
        GIVE(fd_below(fd), "fallocate", int, real(fd, mode, offset, size));               \
    }
FALLOCATE(fallocate, off_t)
FALLOCATE(fallocate64, off64_t)

/* Returns the error instead of setting errno. */
#define POSIX_FALLOCATE(name, offset_type)                                                \
    int name(int fd, offset_type offset, offset_type size) {                              \
        REAL(int, #name, int, offset_type, offset_type);                                  \
        enum action what = turn(fd_below(fd), "posix_falloc");                            \
        if (what == FAIL) return (int)control->error;                                     \
        int result = real(fd, offset, size);                                              \
        after(what);                                                                      \
        return result;                                                                    \
    }
POSIX_FALLOCATE(posix_fallocate, off_t)
POSIX_FALLOCATE(posix_fallocate64, off64_t)

#define ONE_FD(name)                                                                      \
    int name(int fd) {                                                                    \
        REAL(int, #name, int);                                                            \
        GIVE(fd_below(fd), #name, int, real(fd));                                         \
    }
ONE_FD(fsync)
ONE_FD(fdatasync)
