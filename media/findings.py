"""What can be odd about a picture: stable codes, kept as evidence for a reviewer. None of them refuses a picture."""

EMPTY = "empty"
UNKNOWN_KIND = "unknown_kind"
DAMAGED = "damaged"
TRUNCATED = "truncated"
TOO_MANY_PIXELS = "too_many_pixels"
TOO_MANY_SCANS = "too_many_scans"
NO_EXIF = "no_exif"
BAD_EXIF = "bad_exif"
BAD_ORIENTATION = "bad_orientation"
NO_TIME = "no_time"
BAD_TIME = "bad_time"
NO_OFFSET = "no_offset"
NO_POSITION = "no_position"
BAD_POSITION = "bad_position"
NO_DATUM = "no_datum"

MEANINGS = {
    EMPTY: "no bytes at all",
    UNKNOWN_KIND: "neither JPEG nor PNG nor WebP by its content",
    DAMAGED: "looks like a picture and cannot be decoded",
    TRUNCATED: "the end of the picture is missing",
    TOO_MANY_PIXELS: "more pixels than this machine should decode",
    TOO_MANY_SCANS: "a progressive JPEG with so many scans that decoding would take minutes",
    NO_EXIF: "carries no EXIF: a screenshot, or sent through a messenger",
    BAD_EXIF: "EXIF is there and cannot be read, or not all of it",
    BAD_ORIENTATION: "an orientation outside 1 to 8",
    NO_TIME: "EXIF without the time it was taken",
    BAD_TIME: "a time that does not exist",
    NO_OFFSET: "a time without its offset from UTC",
    NO_POSITION: "EXIF without a position",
    BAD_POSITION: "a position that cannot be: out of range, zero denominators, or exactly 0°, 0°",
    NO_DATUM: "a position that does not say its datum",
}
