"""Without this folder nobody could see the page without a home: a page over imaginary wearers, pictures, a bench."""
