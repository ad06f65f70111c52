"""What goes first. A line may break at any moment, so the order is by deadline, then by what says most in few bytes:

1. operations of urgent types (the application's word: answers to alarms), in the order they were made
2. all other operations, in the order they were made; last of all those in whose place another was put
3. previews of pictures, those of urgent work first
4. originals, those of urgent work first, small ones before large ones

Where a restore took the conflict with it, the server must know what took its place before it hears of the old one.
The queue is asked anew before every request: work made meanwhile waits behind one batch, or one MiB of a picture, at
most.
"""

OPERATIONS = """
    SELECT id, urgent, length(body) FROM outbox WHERE state = 'waiting' AND person = ?
    ORDER BY id IN (SELECT id FROM superseded), urgent DESC, sequence"""

PICTURES = """
    SELECT sha256 FROM picture
    JOIN shown USING (sha256)
    JOIN (SELECT id, urgent FROM outbox UNION ALL SELECT id, urgent FROM sent) AS work ON work.id = shown.operation
    WHERE (picture.state = 'waiting' OR picture.state = 'refused' AND picture.again_at <= ?)
    AND NOT EXISTS (SELECT * FROM picture AS whole WHERE whole.sha256 = shown.preview_of AND whole.state = 'stored')
    GROUP BY sha256
    ORDER BY min(shown.preview_of IS NULL), max(work.urgent) DESC, length(picture.content), sha256"""
