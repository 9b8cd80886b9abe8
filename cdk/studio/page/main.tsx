document.title = 'Cutline studio';
