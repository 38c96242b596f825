#include "tabard_digest.h"

typedef int tabard_digest_unit;
