#include "tabard_curl.h"

typedef int tabard_curl_unit;
