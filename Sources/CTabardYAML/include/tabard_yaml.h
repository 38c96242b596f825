/* The events of a YAML stream, read by libyaml, which is linked from its archive: only the programs that read YAML have it in them.
 * Memory that held text of the stream is overwritten where libyaml lets it be reached, because Secrets are read with this. */
#ifndef TABARD_YAML_H
#define TABARD_YAML_H

#include <stddef.h>

enum tabard_yaml_kind {
    TABARD_YAML_END = 0,        /* of the stream */
    TABARD_YAML_DOCUMENT,       /* a document starts */
    TABARD_YAML_DOCUMENT_END,
    TABARD_YAML_SCALAR,
    TABARD_YAML_SEQUENCE,       /* its elements follow, then TABARD_YAML_CLOSE */
    TABARD_YAML_MAPPING,        /* its keys and values follow in turn, then TABARD_YAML_CLOSE */
    TABARD_YAML_CLOSE,
    TABARD_YAML_ALIAS,          /* stands for what `anchor` names */
    TABARD_YAML_ERROR           /* `text` says what is wrong; nothing follows */
};

/* One event. The pointers are valid until the next call; those that do not apply are NULL. */
typedef struct tabard_yaml_event {
    int kind;                   /* tabard_yaml_kind */
    int is_plain;               /* a scalar without quotation marks that is no block, which may be a number or a word such as true */
    const unsigned char *text;  /* UTF-8 */
    size_t length;
    const char *anchor;
    const char *tag;
    int is_byte;                /* an error about a byte, which has no line and column but an offset */
    size_t offset;
    size_t line;                /* from 0 */
    size_t column;              /* from 0, in characters */
} tabard_yaml_event;

typedef struct tabard_yaml_reader tabard_yaml_reader;

/* Starts on UTF-8 bytes, which must stay valid and unchanged until tabard_yaml_close(). NULL when there is no memory. */
tabard_yaml_reader *tabard_yaml_open(const unsigned char *bytes, size_t size);

/* Reads the next event. Not to be called again after TABARD_YAML_END or TABARD_YAML_ERROR. */
void tabard_yaml_next(tabard_yaml_reader *reader, tabard_yaml_event *event);

void tabard_yaml_close(tabard_yaml_reader *reader);

#endif
