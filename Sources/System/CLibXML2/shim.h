#include <libxml/xmlversion.h>
/* Debian's libxml2 declares its converters with ICU's types, which clash with the ICU inside Foundation. Nothing here
   uses those converters. */
#undef LIBXML_ICU_ENABLED
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <libxml/xmlerror.h>
