/* A file system without a lock service: cc -shared -fPIC -DNUMBER=ENOLCK [-DRECORDS] -o nolock.so nolock.c, LD_PRELOAD.
   With RECORDS, record locks (fcntl) are refused too. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>

int flock(int fd, int operation) {
  (void)fd, (void)operation;
  errno = NUMBER;
  return -1;
}

#ifdef RECORDS
static int refused_or_done(const char *name, int fd, int command, void *argument) {
  if (command == F_OFD_SETLK || command == F_SETLK || command == F_OFD_SETLKW || command == F_SETLKW) {
    errno = NUMBER;
    return -1;
  }
  return ((int (*)(int, int, void *))dlsym(RTLD_NEXT, name))(fd, command, argument);
}

#define WRAPPED(name)                                       \
  int name(int fd, int command, ...) {                      \
    va_list arguments;                                      \
    va_start(arguments, command);                           \
    void *argument = va_arg(arguments, void *);             \
    va_end(arguments);                                      \
    return refused_or_done(#name, fd, command, argument);   \
  }
WRAPPED(fcntl)
WRAPPED(fcntl64)
#endif
