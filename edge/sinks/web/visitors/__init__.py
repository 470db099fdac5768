"""Visitors try the device with their own cameras: the websocket `/live-signs`, in the reference project's protocol.

What a visitor sends are binary messages of at most 1 MiB; the first byte says what follows:

    0  a JPEG of what the camera sees now
    1  the same, and the landmarks found in it are to be sent back
    2  a take, as the file of one (landmarkers/take.py); at most 60 s of it
    3  the landmarks of one frame: float32, little-endian, 543 points of x, y, z (landmarkers/layout.py), in widths of
       the picture, NaN where unseen; a frame's time is when it arrives, as a picture's is

0 and 1 are what the reference's page sends. The answers are JSON, each with one of these keys:

    detected_sign  {"sign_ar": "…", "sign_en": "…"}, beside it `confidence`; each sign once
    landmarks      of a picture after byte 1: 96 points [x, y, z, visibility], those that the reference's page draws: 6
                   of the pose, 68 of the face, 11 of the right hand, 11 of the left (`points.py` has their numbers);
                   x and y in shares of the picture's width and height, all four zero where unseen
    status         "idle" when no hand has been up for 3 s, once until one is up again
    take           of a take: "read", beside it the number of its `words`
    error          what is wrong with what was sent, or here, in a sentence; it goes on

The reference's page passes over what it does not know. Who asks for it gets more, and its pictures are then taken for
what they are (see `picture.py`): with `?words=1` each `detected_sign` has the whole word event beside it, as `word`;
with `?joints=1` there are, instead of `landmarks`, `joints`: 21 points of the left hand, 33 of the pose and 21 of the
right hand, [x, y] in widths of the picture or null where unseen, and `aspect`, the picture's height by its width.

When a picture comes before the one before it was begun with, that one is dropped. The server closes with a reason:

    1003  a text message came, or too many messages in a row that were nothing of the above
    1009  a message was too long
    1011  the recognition does not run here, or broke down over what this visitor sent
    1013  as many visitors as may are here already
    4403  this device lets nobody try their own camera
    4408  nothing came for half a minute, or the answers were not read

What visitors send is read in one process of its own, niced, with bounded memory, whose turns go round the visitors.
"""
