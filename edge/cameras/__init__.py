"""Sources of frames: live cameras, video files, folders of frames and recorded takes."""
