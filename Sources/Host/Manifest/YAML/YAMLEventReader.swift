import CYAML

/// Reads events with libyaml; the one file that touches C memory.
///
/// The parser and a copy of the input live on the heap at fixed addresses, because libyaml keeps pointers to both; they
/// are freed with the reader. Every text is copied out of an event before the event is freed.
final class YAMLEventReader {
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let input: UnsafeMutableBufferPointer<UInt8>

    /// Starts at the first of the bytes, which are UTF-8 without a byte order mark.
    init(_ bytes: ArraySlice<UInt8>) throws(YAMLProblem) {
        parser = .allocate(capacity: 1)
        parser.initialize(to: yaml_parser_t())
        // One byte more, so that the address is never nil.
        input = .allocate(capacity: bytes.count + 1)
        input.initialize(repeating: 0)
        _ = input.update(fromContentsOf: bytes)
        guard yaml_parser_initialize(parser) == 1 else {
            throw YAMLProblem(problem: "there is no memory for it", context: "", index: 0, contextIndex: nil)
        }
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(parser, input.baseAddress, bytes.count)
    }

    deinit {
        yaml_parser_delete(parser)
        parser.deinitialize(count: 1)
        parser.deallocate()
        input.deinitialize()
        input.deallocate()
    }

    /// Reads the next event.
    func next() throws(YAMLProblem) -> YAMLEvent {
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else { throw problem() }
        defer { yaml_event_delete(&event) }
        return YAMLEvent(
            kind: Self.kind(event), start: Int(event.start_mark.index), end: Int(event.end_mark.index))
    }

    private static func kind(_ event: yaml_event_t) -> YAMLEvent.Kind {
        let data = event.data
        switch event.type {
        case YAML_DOCUMENT_START_EVENT: return .documentStart
        case YAML_DOCUMENT_END_EVENT: return .documentEnd
        case YAML_STREAM_END_EVENT: return .streamEnd
        case YAML_ALIAS_EVENT: return .alias(text(data.alias.anchor) ?? "")
        case YAML_SCALAR_EVENT:
            let scalar = data.scalar
            let bytes = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
            return .scalar(
                String(decoding: bytes, as: UTF8.self), style(scalar.style), properties(scalar.anchor, scalar.tag))
        case YAML_SEQUENCE_START_EVENT:
            let start = data.sequence_start
            return .sequenceStart(
                isFlow: start.style == YAML_FLOW_SEQUENCE_STYLE, properties(start.anchor, start.tag))
        case YAML_SEQUENCE_END_EVENT: return .sequenceEnd
        case YAML_MAPPING_START_EVENT:
            let start = data.mapping_start
            return .mappingStart(isFlow: start.style == YAML_FLOW_MAPPING_STYLE, properties(start.anchor, start.tag))
        case YAML_MAPPING_END_EVENT: return .mappingEnd
        default: return .other
        }
    }

    private static func style(_ style: yaml_scalar_style_t) -> ScalarStyle {
        switch style {
        case YAML_SINGLE_QUOTED_SCALAR_STYLE: .singleQuoted
        case YAML_DOUBLE_QUOTED_SCALAR_STYLE: .doubleQuoted
        case YAML_LITERAL_SCALAR_STYLE: .literal
        case YAML_FOLDED_SCALAR_STYLE: .folded
        default: .plain
        }
    }

    private static func properties(
        _ anchor: UnsafeMutablePointer<yaml_char_t>?, _ tag: UnsafeMutablePointer<yaml_char_t>?
    ) -> YAMLEvent.NodeProperties {
        YAMLEvent.NodeProperties(anchor: text(anchor), tag: text(tag))
    }

    private static func text(_ pointer: UnsafeMutablePointer<yaml_char_t>?) -> String? {
        pointer.map { String(cString: $0) }
    }

    private func problem() -> YAMLProblem {
        let state = parser.pointee
        let isReaderFault = state.error == YAML_READER_ERROR
        return YAMLProblem(
            problem: state.problem.map { String(cString: $0) } ?? "the text is not readable",
            context: state.context.map { String(cString: $0) } ?? "",
            index: isReaderFault ? characters(before: state.problem_offset) : Int(state.problem_mark.index),
            contextIndex: state.context == nil ? nil : Int(state.context_mark.index))
    }

    private func characters(before offset: Int) -> Int {
        input.prefix(min(max(offset, 0), input.count - 1)).count { $0 & 0xC0 != 0x80 }
    }
}
