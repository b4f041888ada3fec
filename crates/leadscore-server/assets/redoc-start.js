const font = 'system-ui, sans-serif';
const theme = { typography: { fontFamily: font, headings: { fontFamily: font }, code: { fontFamily: 'monospace' } } };
Redoc.init('openapi.json', { theme }, document.getElementById('page'));
