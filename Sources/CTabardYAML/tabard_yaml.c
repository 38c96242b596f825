#define _DEFAULT_SOURCE
#include "tabard_yaml.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

struct tabard_yaml_reader {
    yaml_parser_t parser;
    yaml_event_t event;
    int has_event;
};

static void drop_event(tabard_yaml_reader *reader) {
    if (!reader->has_event) return;
    if (reader->event.type == YAML_SCALAR_EVENT) {
        explicit_bzero(reader->event.data.scalar.value, reader->event.data.scalar.length);
    }
    yaml_event_delete(&reader->event);
    reader->has_event = 0;
}

tabard_yaml_reader *tabard_yaml_open(const unsigned char *bytes, size_t size) {
    tabard_yaml_reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL) return NULL;
    if (!yaml_parser_initialize(&reader->parser)) {
        free(reader);
        return NULL;
    }
    yaml_parser_set_encoding(&reader->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&reader->parser, bytes, size);
    return reader;
}

static void fail(const yaml_parser_t *parser, tabard_yaml_event *event) {
    event->kind = TABARD_YAML_ERROR;
    event->text = (const unsigned char *)(parser->problem != NULL ? parser->problem : "there is no memory left");
    event->length = strlen((const char *)event->text);
    event->is_byte = parser->error == YAML_READER_ERROR;
    event->offset = parser->problem_offset;
    event->line = parser->problem_mark.line;
    event->column = parser->problem_mark.column;
}

void tabard_yaml_next(tabard_yaml_reader *reader, tabard_yaml_event *event) {
    memset(event, 0, sizeof *event);
    do {
        drop_event(reader);
        if (!yaml_parser_parse(&reader->parser, &reader->event)) {
            fail(&reader->parser, event);
            return;
        }
        reader->has_event = 1;
    } while (reader->event.type == YAML_STREAM_START_EVENT);
    const yaml_event_t *read = &reader->event;
    event->line = read->start_mark.line;
    event->column = read->start_mark.column;
    switch (read->type) {
    case YAML_DOCUMENT_START_EVENT: event->kind = TABARD_YAML_DOCUMENT; break;
    case YAML_DOCUMENT_END_EVENT: event->kind = TABARD_YAML_DOCUMENT_END; break;
    case YAML_ALIAS_EVENT:
        event->kind = TABARD_YAML_ALIAS;
        event->anchor = (const char *)read->data.alias.anchor;
        break;
    case YAML_SCALAR_EVENT:
        event->kind = TABARD_YAML_SCALAR;
        event->is_plain = read->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
        event->text = read->data.scalar.value;
        event->length = read->data.scalar.length;
        event->anchor = (const char *)read->data.scalar.anchor;
        event->tag = (const char *)read->data.scalar.tag;
        break;
    case YAML_SEQUENCE_START_EVENT:
        event->kind = TABARD_YAML_SEQUENCE;
        event->anchor = (const char *)read->data.sequence_start.anchor;
        event->tag = (const char *)read->data.sequence_start.tag;
        break;
    case YAML_MAPPING_START_EVENT:
        event->kind = TABARD_YAML_MAPPING;
        event->anchor = (const char *)read->data.mapping_start.anchor;
        event->tag = (const char *)read->data.mapping_start.tag;
        break;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT: event->kind = TABARD_YAML_CLOSE; break;
    default: event->kind = TABARD_YAML_END; break;
    }
}

void tabard_yaml_close(tabard_yaml_reader *reader) {
    if (reader == NULL) return;
    drop_event(reader);
    yaml_parser_t *parser = &reader->parser;
    if (parser->buffer.start != NULL) explicit_bzero(parser->buffer.start, (size_t)(parser->buffer.end - parser->buffer.start));
    if (parser->raw_buffer.start != NULL) {
        explicit_bzero(parser->raw_buffer.start, (size_t)(parser->raw_buffer.end - parser->raw_buffer.start));
    }
    yaml_parser_delete(parser);
    free(reader);
}
