/* A disk that fails: preloaded into a server, it makes chosen calls of the C library fail.
 *
 * Only calls on files below FAILING_DISK_FOLDER count, and only while the file
 * FAILING_DISK_CONTROL, which is mapped into memory, says which of them are to fail.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

struct control {
    _Atomic int first; /* the number of the first call that fails, from 1 on; 0: none fails */
    _Atomic int last;  /* the number of the last one */
    _Atomic int error; /* what errno they set */
    _Atomic int seen;  /* how many calls were counted */
    char only[16];     /* only calls of this name count, if it is not empty */
    char failed[480];  /* the first that failed: name and path */
};

static struct control *control;
static char folder[PATH_MAX];

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

__attribute__((constructor)) static void map_control(void)
{
    const char *path = getenv("FAILING_DISK_CONTROL"), *below = getenv("FAILING_DISK_FOLDER");
    int descriptor;

    if (path == NULL || below == NULL || (descriptor = REAL(open64)(path, O_RDWR)) < 0)
        return;
    snprintf(folder, sizeof folder, "%s/", below);
    void *mapped = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    if (mapped != MAP_FAILED)
        control = mapped;
    close(descriptor);
}

static int fails_at(const char *name, const char *path)
{
    if (strncmp(path, folder, strlen(folder)) != 0)
        return 0;
    if (control->only[0] != '\0' && strcmp(control->only, name) != 0)
        return 0;
    int number = atomic_fetch_add(&control->seen, 1) + 1;
    if (number < control->first || number > control->last)
        return 0;
    if (number == control->first)
        snprintf(control->failed, sizeof control->failed, "%s %s", name, path + strlen(folder));
    errno = control->error;
    return 1;
}

static int is_armed(void)
{
    return control != NULL && control->first > 0;
}

static int path_fails(const char *name, const char *path)
{
    return is_armed() && fails_at(name, path);
}

static int file_fails(const char *name, int descriptor)
{
    char link[64], path[PATH_MAX];

    if (!is_armed())
        return 0;
    int kept = errno;
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 2);
    errno = kept;
    if (length < 0)
        return 0;
    path[length] = '\0';
    /* The folder itself is one of its files. */
    if (strncmp(path, folder, length) == 0 && folder[length] == '/')
        strcpy(path + length, "/");
    return fails_at(name, path);
}

#define ON_FILE(type, name, parameters, arguments)                                                 \
    type name parameters                                                                           \
    {                                                                                              \
        return file_fails(#name, descriptor) ? -1 : REAL(name) arguments;                          \
    }

ON_FILE(ssize_t, read, (int descriptor, void *to, size_t size), (descriptor, to, size))
ON_FILE(ssize_t, pread64, (int descriptor, void *to, size_t size, off64_t at),
        (descriptor, to, size, at))
ON_FILE(ssize_t, write, (int descriptor, const void *from, size_t size), (descriptor, from, size))
ON_FILE(ssize_t, pwrite64, (int descriptor, const void *from, size_t size, off64_t at),
        (descriptor, from, size, at))
ON_FILE(int, fsync, (int descriptor), (descriptor))
ON_FILE(int, fdatasync, (int descriptor), (descriptor))
ON_FILE(int, ftruncate64, (int descriptor, off64_t size), (descriptor, size))

#define ON_PATH(name, parameters, arguments)                                                       \
    int name parameters                                                                            \
    {                                                                                              \
        return path_fails(#name, path) ? -1 : REAL(name) arguments;                                \
    }

ON_PATH(mkdir, (const char *path, mode_t mode), (path, mode))
ON_PATH(unlink, (const char *path), (path))
ON_PATH(link, (const char *path, const char *to), (path, to))
ON_PATH(rename, (const char *path, const char *to), (path, to))

int open64(const char *path, int flags, ...)
{
    va_list more;

    va_start(more, flags);
    mode_t mode = va_arg(more, mode_t);
    va_end(more);
    return path_fails("open", path) ? -1 : REAL(open64)(path, flags, mode);
}
