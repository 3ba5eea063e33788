/* For failed_sync.py, to be preloaded into the server: fdatasync fails with EIO while the file that
   $TIDEMILL_TEST_FAIL_SYNC names is there. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

int fdatasync(int fd) {
  const char* switch_file = getenv("TIDEMILL_TEST_FAIL_SYNC");
  if (switch_file != NULL && access(switch_file, F_OK) == 0) {
    errno = EIO;
    return -1;
  }
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
  return real(fd);
}
