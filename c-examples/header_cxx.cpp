// The headers compile alone: the C one from C++11 on, the wrapper from C++17 on.
#if __cplusplus >= 201703L
#include <afterbeep.hpp>
#else
#include <afterbeep.h>
#endif

int header_cxx();
int header_cxx() { return static_cast<int>(afterbeep_version()); }
