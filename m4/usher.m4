# USHER_TRY_CFLAG(VARIABLE, FLAG): adds FLAG to VARIABLE if the compiler takes it.
AC_DEFUN([USHER_TRY_CFLAG], [
	AC_MSG_CHECKING([whether $CC takes $2])
	usher_save=$CFLAGS
	CFLAGS="$CFLAGS -Werror $2"
	AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])], [$1="$$1 $2"; AC_MSG_RESULT([yes])], [AC_MSG_RESULT([no])])
	CFLAGS=$usher_save
])

# USHER_TRY_LDFLAG(VARIABLE, FLAG): the same for the linker.
AC_DEFUN([USHER_TRY_LDFLAG], [
	AC_MSG_CHECKING([whether the linker takes $2])
	usher_save=$LDFLAGS
	LDFLAGS="$LDFLAGS $2"
	AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])], [$1="$$1 $2"; AC_MSG_RESULT([yes])], [AC_MSG_RESULT([no])])
	LDFLAGS=$usher_save
])

# USHER_REQUIRE(PREFIX, MODULE, DEBIAN-PACKAGE, FEDORA-PACKAGE): a library that must be there.
AC_DEFUN([USHER_REQUIRE], [
	PKG_CHECK_MODULES([$1], [$2], [], [
		AC_MSG_ERROR([$2 is missing: install $3 (Debian, Ubuntu) or $4 (Fedora),
  or let "etc/quickstart run" install what is needed.])])
])

# USHER_WITH(NAME, PREFIX, MODULE, WHAT-FOR): --with-NAME=auto|yes|no for a library that may be
# there; sets with_NAME to yes or no, HAVE_PREFIX for Makefile.am and config.h.
AC_DEFUN([USHER_WITH], [
	AC_ARG_WITH([$1], [AS_HELP_STRING([--with-$1=auto|yes|no], [$4 (auto: if it is there)])],
		[], [with_$1=auto])
	AS_CASE([$with_$1],
		[no], [],
		[yes], [PKG_CHECK_MODULES([$2], [$3])],
		[auto], [PKG_CHECK_MODULES([$2], [$3], [with_$1=yes], [with_$1=no])],
		[AC_MSG_ERROR([--with-$1 takes auto, yes or no, not "$with_$1"])])
	AM_CONDITIONAL([HAVE_$2], [test "$with_$1" = yes])
	AS_IF([test "$with_$1" = yes], [AC_DEFINE([HAVE_$2], [1], [Built with $1.])])
])

# USHER_TRY_FUZZER: sets FUZZ_LDFLAGS, or ends configure where libFuzzer is not to be had.
AC_DEFUN([USHER_TRY_FUZZER], [
	AC_MSG_CHECKING([whether $CC has libFuzzer])
	usher_save=$CFLAGS
	CFLAGS="$CFLAGS -fsanitize=fuzzer"
	AC_LINK_IFELSE([AC_LANG_SOURCE([[#include <stddef.h>
#include <stdint.h>
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) { return data && size > 9000; }]])],
		[FUZZ_LDFLAGS=-fsanitize=fuzzer; AC_MSG_RESULT([yes])],
		[AC_MSG_RESULT([no])
		AC_MSG_ERROR([--enable-fuzzing needs libFuzzer: configure with CC=clang])])
	CFLAGS=$usher_save
])

# USHER_DIR(VARIABLE, WHAT, DEFAULT): --with-VARIABLE=DIR, where such files are installed.
AC_DEFUN([USHER_DIR], [
	AC_ARG_WITH([$1], [AS_HELP_STRING([--with-$1=DIR|no], [$2 @<:@PREFIX/lib/...@:>@])],
		[$1=$withval], [$1=$3])
	AS_IF([test "$$1" = yes], [$1=$3])
	AC_SUBST([$1])
])
